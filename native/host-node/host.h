/* Owns the state of one JavaScript environment (the main thread's, or a worker's) and the names of what the
   addon exports. All of it belongs to the environment's thread, except where a comment says otherwise. */

#ifndef HOST_H
#define HOST_H

#include "../kernel/kernel.h"
#include "convert.h"

#include <pthread.h>

#define MAX_LAUNCHERS 4

/* A spawn on its way: from JavaScript to a launcher, and back through the mailbox. */
struct launch {
	struct launch *next;
	napi_deferred deferred;
	struct spawn_request request;
	struct spawned spawned;
	int descriptors[KERNEL_MAX_DESCRIPTORS];
	uint8_t program[];
};

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

struct launcher {
	struct host *host;
	pthread_t thread;
	bool exists;     /* JavaScript's thread only */
	bool is_retired; /* under the lock: it spawns no more, and ends */
};

struct launchers {
	int stop;             /* an eventfd: readable when all shall end; -1 before the first spawn */
	pthread_mutex_t lock; /* for what follows, used by all threads */
	pthread_cond_t wake;
	struct launch_queue requests;
	unsigned waiting; /* requests */
	unsigned idle;    /* threads */
	bool is_stopping;
	struct launcher all[MAX_LAUNCHERS];
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
int host_thread(pthread_t *thread, void *(*run)(void *), void *argument);
/* What the list of threads shows. A thread names itself: to name another one takes a descriptor, which there may not
   be. */
void host_name_thread(const char *name);

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
/* Hands a request to the launchers, of which there is one more as long as none is idle. 0 or the negated
   errno. */
int launchers_submit(struct host *host, struct launch *launch);
/* Replaces launchers that retired, as far as there is work for them. */
void launchers_mend(struct host *host);
void launchers_stop(struct host *host);

/* spawn.c: what becomes of the launches of a list. All free it. */
void launch_settle_all(struct host *host, struct launch *launch);
void launch_refuse_all(struct host *host, struct launch *launch, int status);
void launch_discard_all(struct launch *launch);

/* The functions of src/system/kernel.ts. */
napi_value kernel_js_call(napi_env env, napi_callback_info info); /* call.c */
napi_value kernel_js_exec(napi_env env, napi_callback_info info);
napi_value kernel_js_read_file(napi_env env, napi_callback_info info); /* files.c */
napi_value kernel_js_write_file(napi_env env, napi_callback_info info);
napi_value kernel_js_init_image(napi_env env, napi_callback_info info);
napi_value kernel_js_send(napi_env env, napi_callback_info info); /* sockets.c */
napi_value kernel_js_receive(napi_env env, napi_callback_info info);
napi_value kernel_js_spawn(napi_env env, napi_callback_info info); /* spawn.c */
napi_value kernel_js_poll(napi_env env, napi_callback_info info);  /* reactor.c */
napi_value kernel_js_unpoll(napi_env env, napi_callback_info info);

#endif
