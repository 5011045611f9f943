/* Owns the executable runt: main(kernel, args, env) of the program, and its result as exit status. It knows
   no command and no option. Without a snapshot, as the build first links it, it can do one thing: read
   bytecode, and write the snapshot that it makes of it. */

#include "host.h"
#include "../init/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <linux/mman.h>
#include <unistd.h>

/* Where a caller has closed a standard stream, the next file that is opened would take its place, and be
   given to the container. */
static void open_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (SYSCALL(__NR_fcntl, fd, F_GETFD) == -EBADF)
			SYSCALL(__NR_openat, AT_FDCWD, "/dev/null", O_RDWR);
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

/* A promise of the exit status. */
static JSValue call_main(struct host *host, char **args, char **env)
{
	JSContext *ctx = host->context;
	JSValue values[] = {host->kernel, make_list(ctx, args), make_list(ctx, env)};
	if (JS_IsException(values[1]) || JS_IsException(values[2]))
		return JS_EXCEPTION;
	JSValue promise = JS_Call(ctx, host->main, JS_UNDEFINED, 3, values);
	JS_FreeValue(ctx, values[1]);
	JS_FreeValue(ctx, values[2]);
	return promise;
}

static int run_program(struct host *host, char **args, char **env)
{
	int status;
	JSContext *ctx = host->context;
	JS_UpdateStackTop(host->runtime);
	JSValue promise = call_main(host, args, env);
	if (JS_IsException(promise) || !run_until_settled(host, promise))
		die_of_exception(ctx);
	JSValue result = JS_PromiseResult(ctx, promise);
	if (!read_int(ctx, result, "the exit status", &status))
		die_of_exception(ctx);
	JS_FreeValue(ctx, result);
	JS_FreeValue(ctx, promise);
	return status;
}

#ifdef RUNT_SANITIZED

/* All that was taken is given back, for the leak checker. */
static void close_program(struct host *host)
{
	if (host->has_table)
		poll_table_close(&host->table);
	JS_FreeValue(host->context, host->main);
	JS_FreeValue(host->context, host->kernel);
	JS_FreeContext(host->context);
	JS_FreeRuntime(host->runtime);
}

extern const uint8_t runt_bytecode[]; /* linked in, as there is no snapshot */
extern const uint32_t runt_bytecode_size;

int main(int argc, char **argv, char **envp)
{
	static struct host host;
	open_standard_streams();
	open_program(&host, runt_bytecode, runt_bytecode_size);
	int status = run_program(&host, argc > 0 ? argv + 1 : argv, envp);
	close_program(&host);
	return status;
}

#else

#define MOST_BYTECODE ((size_t)16 << 20)

/* From standard input to standard output, the used part only. */
static void make_snapshot(void)
{
	size_t length = 0;
	long count;
	uint8_t *bytecode = malloc(MOST_BYTECODE);
	if (bytecode == NULL)
		die("out of memory");
	while ((count = SYSCALL(__NR_read, STDIN_FILENO, bytecode + length, MOST_BYTECODE - length)) > 0)
		length += (size_t)count;
	open_program(&snapshot.host, bytecode, length);
	if (make_all_properties(snapshot.host.context) < 0)
		die_of_exception(snapshot.host.context);
	snapshot.is_made = true;
	const char *end = snapshot_heap_seal();
	for (const char *next = (char *)&snapshot; next < end; next += count) {
		count = SYSCALL(__NR_write, STDOUT_FILENO, next, end - next);
		if (count <= 0)
			die("cannot write the snapshot");
	}
}

/* All of the executable at one stroke: a command comes to most of it, and a fault for every sixteen pages takes
   longer. Before Linux 5.14 the kernel knows no such advice, and nothing is lost. */
static void map_executable(void)
{
	extern char __executable_start[];
	SYSCALL(__NR_madvise, __executable_start, snapshot_end - __executable_start, MADV_POPULATE_READ);
}

int main(int argc, char **argv, char **envp)
{
	if (!snapshot.is_made) {
		make_snapshot();
		_exit(0);
	}
	map_executable();
	open_standard_streams();
	heap_resume();
	int status = run_program(&snapshot.host, argc > 0 ? argv + 1 : argv, envp);
#ifdef RUNT_COUNTS
	extern void __gcov_dump(void);
	__gcov_dump(); /* as exit(3) would (tools/build-engine.mjs) */
#endif
	/* Not through exit: there is nothing to clean up that the kernel does not do faster. */
	_exit(status);
}

#endif
