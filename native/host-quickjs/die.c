/* Owns the end of a process that cannot go on: one line on standard error that says why, status 1. It must
   work without memory, and with an exception that cannot be shown. */

#include "host.h"
#include "../init/syscall.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXIT_BROKEN 1
#define LINE_BYTES 4096

void die(const char *reason)
{
	char line[LINE_BYTES];
	int length = snprintf(line, sizeof line, "runt: %s", reason);
	if (length >= LINE_BYTES)
		length = LINE_BYTES - 1;
	for (char *c = line; c < line + length; c++)
		if (*c == '\n')
			*c = ' ';
	line[length++] = '\n';
	SYSCALL(__NR_write, STDERR_FILENO, line, length);
	_exit(EXIT_BROKEN);
}

void die_of_exception(JSContext *ctx)
{
	char reason[LINE_BYTES];
	JSValue error = JS_GetException(ctx);
	const char *text = JS_ToCString(ctx, error);
	JSValue stack = JS_IsObject(error) ? JS_GetPropertyStr(ctx, error, "stack") : JS_UNDEFINED;
	const char *frames = JS_IsString(stack) ? JS_ToCString(ctx, stack) : NULL;
	/* The innermost frame is enough to find a fault of ours. */
	const char *frame = frames == NULL ? "" : frames + strspn(frames, " ");
	snprintf(reason, sizeof reason, "%s%s%.*s",
		 text == NULL ? "out of memory, or an error without a text" : text, *frame == 0 ? "" : "; ",
		 (int)strcspn(frame, "\n"), frame);
	die(reason);
}
