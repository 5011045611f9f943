/* Owns the executable runt: the engine with what our code needs of it, the call of main(kernel, args, env) in the
   first blob, and its result as exit status. It knows no command and no option. */

#include "host.h"
#include "../init/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What SIGINT and an uncaught error are to a shell is not ours to say; everything that goes wrong is 1. */
#define EXIT_BROKEN 1

/* Reference counts free nearly everything; a command ends long before it has made so many cycles. */
#define GC_THRESHOLD_BYTES (8 << 20)

struct host *host_of(JSContext *ctx)
{
	return JS_GetContextOpaque(ctx);
}

void die(const char *reason)
{
	char line[4096];
	int length = snprintf(line, sizeof line, "runt: %s", reason);
	if (length >= (int)sizeof line)
		length = sizeof line - 1;
	/* One line, whatever the reason holds. */
	for (char *c = line; c < line + length; c++)
		if (*c == '\n')
			*c = ' ';
	line[length] = '\n';
	SYSCALL(__NR_write, STDERR_FILENO, line, length + 1);
	_exit(EXIT_BROKEN);
}

void die_of_exception(JSContext *ctx)
{
	char reason[2048];
	JSValue error = JS_GetException(ctx);
	const char *text = JS_ToCString(ctx, error);
	JSValue stack = JS_IsObject(error) ? JS_GetPropertyStr(ctx, error, "stack") : JS_UNDEFINED;
	const char *frames = JS_IsString(stack) ? JS_ToCString(ctx, stack) : NULL;
	/* When even this fails there is no memory left to tell it with. */
	snprintf(reason, sizeof reason, "%s%s%s", text == NULL ? "out of memory" : text,
		 frames == NULL || *frames == 0 ? "" : "; ", frames == NULL ? "" : frames);
	die(reason);
}

/* The intrinsics that the core uses. No eval, no Proxy, no WeakRef: what is not there cannot be misused. */
static JSContext *make_context(JSRuntime *runtime)
{
	JSContext *ctx = JS_NewContextRaw(runtime);
	if (ctx == NULL)
		return NULL;
	JS_AddIntrinsicBaseObjects(ctx);
	JS_AddIntrinsicDate(ctx);
	JS_AddIntrinsicRegExp(ctx);
	JS_AddIntrinsicJSON(ctx);
	JS_AddIntrinsicMapSet(ctx);
	JS_AddIntrinsicTypedArrays(ctx);
	JS_AddIntrinsicPromise(ctx);
	return ctx;
}

static JSValue make_list(JSContext *ctx, char **strings)
{
	JSValue list = JS_NewArray(ctx);
	for (uint32_t i = 0; strings[i] != NULL && !JS_IsException(list); i++) {
		JSValue text = make_text(ctx, (const uint8_t *)strings[i], strlen(strings[i]));
		if (JS_IsException(text) || JS_SetPropertyUint32(ctx, list, i, text) < 0)
			return JS_EXCEPTION;
	}
	return list;
}

/* main(kernel, args, env): a promise of the exit status. */
static JSValue call_main(struct host *host, char **args, char **env)
{
	JSContext *ctx = host->context;
	JSValue values[] = {make_kernel(ctx), make_list(ctx, args), make_list(ctx, env)};
	for (size_t i = 0; i < 3; i++)
		if (JS_IsException(values[i]))
			return JS_EXCEPTION;
	JSValue module = load_main(host);
	if (JS_IsException(module))
		return module;
	JSValue function = JS_GetPropertyStr(ctx, module, "main");
	JSValue promise = JS_Call(ctx, function, JS_UNDEFINED, 3, values);
	JS_FreeValue(ctx, function);
	JS_FreeValue(ctx, module);
	for (size_t i = 0; i < 3; i++)
		JS_FreeValue(ctx, values[i]);
	return promise;
}

static int exit_status(JSContext *ctx, JSValueConst promise)
{
	int status = EXIT_BROKEN;
	JSValue result = JS_PromiseResult(ctx, promise);
	if (!read_int(ctx, result, "the exit status", &status))
		die_of_exception(ctx);
	JS_FreeValue(ctx, result);
	return status;
}

/* Where a caller has closed a standard stream, the next file that is opened would take its place, and be given to the
   container. */
static void open_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (SYSCALL(__NR_fcntl, fd, F_GETFD) == -EBADF)
			SYSCALL(__NR_openat, AT_FDCWD, "/dev/null", O_RDWR);
}

static JSRuntime *make_runtime(void)
{
#ifdef RUNT_SANITIZED
	return JS_NewRuntime();
#else
	return JS_NewRuntime2(&heap_functions, NULL);
#endif
}

/* The kernel is faster at it; but a leak checker wants to see that all is known. */
static void free_all(struct host *host, JSValue promise)
{
#ifdef RUNT_SANITIZED
	JS_FreeValue(host->context, promise);
	if (host->has_table)
		poll_table_close(&host->table);
	if (host->has_spawner)
		kernel_spawner_close(&host->spawner);
	JS_FreeContext(host->context);
	JS_FreeRuntime(host->runtime);
#endif
}

int main(int argc, char **argv, char **envp)
{
	open_standard_streams();
	struct host host = {.runtime = make_runtime()};
	if (host.runtime == NULL)
		die("out of memory");
	JS_SetGCThreshold(host.runtime, GC_THRESHOLD_BYTES);
	host.context = make_context(host.runtime);
	if (host.context == NULL)
		die("out of memory");
	JS_SetContextOpaque(host.context, &host);
	JS_SetHostPromiseRejectionTracker(host.runtime, track_rejection, &host);

	JSValue promise = call_main(&host, argc > 0 ? argv + 1 : argv, envp);
	if (JS_IsException(promise) || !run_until_settled(&host, promise))
		die_of_exception(host.context);
	int status = exit_status(host.context, promise);
	free_all(&host, promise);
	_exit(status);
}
