/* Owns `spawn`: a thread of its own passes the vfork window (a millisecond with all namespaces) while
   JavaScript makes the program that init will get. It stays to the end, as a parent's death signal comes from
   the death of the thread that made the child. */

#include "host.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#define STACK_BYTES (64u << 10)

struct launcher {
	pthread_t thread;
	sem_t wanted, done;
	struct resolver *resolver; /* of the promise; NULL when nothing is asked for */
	struct request {
		struct spawn_request raw;
		int descriptors[KERNEL_MAX_DESCRIPTORS];
		JSValue program; /* owned: it keeps the bytes */
	} request;
	struct spawned spawned;
};

static bool read_named_int(JSContext *ctx, JSValueConst object, const char *name, int *result)
{
	JSValue value = JS_GetPropertyStr(ctx, object, name);
	bool is_read = !JS_IsException(value) && read_int(ctx, value, name, result);
	JS_FreeValue(ctx, value);
	return is_read;
}

static bool read_request(JSContext *ctx, JSValueConst object, struct request *request)
{
	int flags;
	struct bytes bytes = {NULL, 0};
	*request = (struct request){.raw = {.cancel = -1}, .program = JS_UNDEFINED};
	if (!read_named_int(ctx, object, "flags", &flags) ||
	    !read_named_int(ctx, object, "cgroup", &request->raw.cgroup) ||
	    !read_named_int(ctx, object, "pidNamespace", &request->raw.pid_namespace))
		return false;
	JSValue list = JS_GetPropertyStr(ctx, object, "descriptors");
	bool is_read = read_ints(ctx, list, "descriptors", request->descriptors, KERNEL_MAX_DESCRIPTORS,
				 &request->raw.descriptor_count);
	JS_FreeValue(ctx, list);
	if (!is_read)
		return false;
	request->program = JS_GetPropertyStr(ctx, object, "program");
	if (JS_IsException(request->program))
		return false;
	if (!JS_IsNull(request->program) && !read_bytes(ctx, request->program, "program", &bytes))
		return false;
	request->raw.flags = (unsigned)flags;
	request->raw.descriptors = request->descriptors;
	request->raw.program = bytes.data;
	request->raw.program_length = bytes.length;
	return true;
}

static JSValue make_spawned(JSContext *ctx, const struct spawned *spawned)
{
	JSValue object = JS_NewObject(ctx);
	if (JS_IsException(object))
		return object;
	if (JS_SetPropertyStr(ctx, object, "errno", JS_NewInt32(ctx, spawned->error)) < 0 ||
	    JS_SetPropertyStr(ctx, object, "syscall", JS_NewString(ctx, spawned->call)) < 0 ||
	    JS_SetPropertyStr(ctx, object, "pid", JS_NewInt32(ctx, spawned->pid)) < 0 ||
	    JS_SetPropertyStr(ctx, object, "pidfd", JS_NewInt32(ctx, spawned->pidfd)) < 0 ||
	    JS_SetPropertyStr(ctx, object, "socket", JS_NewInt32(ctx, spawned->socket)) < 0) {
		JS_FreeValue(ctx, object);
		return JS_EXCEPTION;
	}
	return object;
}

static void *run_launcher(void *argument)
{
	struct launcher *launcher = argument;
	struct spawner spawner;
	int status = kernel_spawner_open(&spawner);
	for (;;) {
		while (sem_wait(&launcher->wanted) != 0)
			continue;
		if (status == 0)
			kernel_spawn(&spawner, &launcher->request.raw, &launcher->spawned);
		else
			launcher->spawned = (struct spawned){-status, "mmap", -1, -1, -1};
		sem_post(&launcher->done);
	}
	return NULL;
}

static int open_launcher(struct host *host)
{
	static struct launcher launcher;
	pthread_attr_t attributes;
	if (host->launcher != NULL)
		return 0;
	sem_init(&launcher.wanted, 0, 0);
	sem_init(&launcher.done, 0, 0);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	int error = pthread_create(&launcher.thread, &attributes, run_launcher, &launcher);
	pthread_attr_destroy(&attributes);
	if (error == 0)
		host->launcher = &launcher;
	return error;
}

bool is_spawning(const struct host *host)
{
	return host->launcher != NULL && host->launcher->resolver != NULL;
}

bool finish_spawn(struct host *host)
{
	JSContext *ctx = host->context;
	struct launcher *launcher = host->launcher;
	while (sem_wait(&launcher->done) != 0)
		continue;
	JS_FreeValue(ctx, launcher->request.program);
	struct resolver *resolver = launcher->resolver;
	launcher->resolver = NULL;
	JSValue result = make_spawned(ctx, &launcher->spawned);
	if (!JS_IsException(result) && resolve_promise(ctx, resolver, result))
		return true;
	/* Nobody will ever hear of the process. */
	kernel_discard(&launcher->spawned);
	return false;
}

JSValue kernel_js_spawn(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	struct host *host = host_of(ctx);
	JSValue promise;
	int error = open_launcher(host);
	if (error != 0)
		return JS_ThrowInternalError(ctx, "cannot start a thread: errno %d", error);
	if (is_spawning(host) && !finish_spawn(host))
		return JS_EXCEPTION;
	struct launcher *launcher = host->launcher;
	struct resolver *resolver = NULL;
	if (read_request(ctx, values[0], &launcher->request))
		resolver = make_promise(ctx, &promise);
	if (resolver == NULL) {
		JS_FreeValue(ctx, launcher->request.program);
		return JS_EXCEPTION;
	}
	launcher->resolver = resolver;
	sem_post(&launcher->wanted);
	return promise;
}
