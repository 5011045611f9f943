/* Owns `spawn`, on the only thread there is: the child goes from its clone to its exec while JavaScript goes on, and is
   waited for when nothing else is left to do. A thread of its own for the clone, as the host for Node has it, takes
   longer to begin than this. */

#include "host.h"

struct request {
	struct spawn_request raw;
	int descriptors[KERNEL_MAX_DESCRIPTORS];
	JSValue program; /* owned: it keeps the bytes */
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

/* The spawn that is under way; at most one. */
struct pending {
	struct spawner spawner;
	struct request request;
	struct spawned spawned;
	struct resolver *resolver; /* NULL: none is */
};

static struct pending only;

bool is_spawning(void)
{
	return only.resolver != NULL;
}

bool finish_spawn(JSContext *ctx)
{
	struct resolver *resolver = only.resolver;
	only.resolver = NULL;
	kernel_spawn_finish(&only.spawner, &only.request.raw, &only.spawned);
	JS_FreeValue(ctx, only.request.program);
	JSValue result = make_spawned(ctx, &only.spawned);
	if (!JS_IsException(result) && resolve_promise(ctx, resolver, result))
		return true;
	/* Nobody will ever hear of the process. */
	kernel_discard(&only.spawned);
	return false;
}

/* An error is told like one of the clone. */
static void begin_spawn(struct pending *pending)
{
	int status = pending->spawner.stack == NULL ? kernel_spawner_open(&pending->spawner) : 0;
	if (status == 0)
		kernel_spawn_begin(&pending->spawner, &pending->request.raw, &pending->spawned);
	else
		pending->spawned = (struct spawned){-status, "mmap", -1, -1, -1};
}

JSValue kernel_js_spawn(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	JSValue promise;
	/* The child before has the stack until it is through. */
	if (is_spawning() && !finish_spawn(ctx))
		return JS_EXCEPTION;
	if (read_request(ctx, values[0], &only.request))
		only.resolver = make_promise(ctx, &promise);
	if (only.resolver == NULL) {
		JS_FreeValue(ctx, only.request.program);
		return JS_EXCEPTION;
	}
	begin_spawn(&only);
	return promise;
}
