/* Owns the state of one JavaScript environment (the main thread's, or a worker's) and the names of what the addon
   exports. All of it belongs to the environment's thread, except where a comment says otherwise. */

#ifndef HOST_H
#define HOST_H

#include "../kernel/kernel.h"
#include "convert.h"

#include <pthread.h>

#define MAX_LAUNCHERS 4

struct launch;

/* First in, first out. */
struct launch_queue {
	struct launch *first, **last;
};

/* From our threads to JavaScript. */
struct mailbox {
	napi_threadsafe_function function;
	unsigned pending;     /* promises that keep the loop alive */
	pthread_mutex_t lock; /* for what follows, used by all threads */
	bool is_open;
	bool is_rung; /* JavaScript was called and has not looked yet */
	struct launch_queue done;
};

struct reactor {
	struct poll_table table;
	int doorbell; /* an epoll that watches the table's and `stop`; the thread waits on it */
	int stop;     /* an eventfd: readable when the thread shall end */
	bool is_running;
	pthread_t thread;
};

struct launchers {
	int stop;             /* an eventfd: readable when all shall end; -1 before the first spawn */
	pthread_mutex_t lock; /* for what follows, used by all threads */
	pthread_cond_t wake;
	struct launch_queue requests;
	unsigned waiting; /* requests */
	unsigned idle;    /* threads */
	unsigned count;   /* threads */
	bool is_stopping;
	pthread_t threads[MAX_LAUNCHERS];
};

struct host {
	napi_env env;
	unsigned references; /* the environment's and the mailbox function's */
	bool is_started;
	struct mailbox mailbox;
	struct reactor reactor;
	struct launchers launchers;
};

/* module.c: the state of this environment; NULL with an exception pending. */
struct host *host_of(napi_env env);
/* Before the first poll or spawn: makes the way back to JavaScript, and the promise to stop all threads. */
bool host_start(struct host *host);
void host_release(struct host *host);
/* Starts a thread of ours: no signal of the process is ever handled on it. 0 or the negated errno. */
int host_thread(pthread_t *thread, const char *name, void *(*run)(void *), void *argument);

/* mailbox.c */
bool mailbox_open(struct host *host);
void mailbox_close(struct host *host);
/* A promise was made, or was settled. */
void mailbox_expect(struct host *host);
void mailbox_settled(struct host *host);
/* From any thread. */
void mailbox_ring(struct mailbox *mailbox);
void mailbox_deliver(struct mailbox *mailbox, struct launch *launch);

/* reactor.c */
void reactor_drain(struct host *host);
void reactor_stop(struct reactor *reactor);

/* launcher.c */
void launch_queue_clear(struct launch_queue *queue);
void launch_queue_push(struct launch_queue *queue, struct launch *launch);
/* Resolves the promises of a list; ends the processes of a list that nobody asks for any more. */
void launch_settle_all(struct host *host, struct launch *launch);
void launch_discard_all(struct launch *launch);
void launchers_stop(struct host *host);

/* The functions of src/system/kernel.ts. */
napi_value kernel_js_call(napi_env env, napi_callback_info info); /* call.c */
napi_value kernel_js_exec(napi_env env, napi_callback_info info);
napi_value kernel_js_read_file(napi_env env, napi_callback_info info); /* files.c */
napi_value kernel_js_write_file(napi_env env, napi_callback_info info);
napi_value kernel_js_init_image(napi_env env, napi_callback_info info);
napi_value kernel_js_send(napi_env env, napi_callback_info info); /* sockets.c */
napi_value kernel_js_receive(napi_env env, napi_callback_info info);
napi_value kernel_js_spawn(napi_env env, napi_callback_info info); /* launcher.c */
napi_value kernel_js_poll(napi_env env, napi_callback_info info);  /* reactor.c */
napi_value kernel_js_unpoll(napi_env env, napi_callback_info info);

#endif
