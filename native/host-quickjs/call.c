/* Owns `call` and `exec`: system calls with JavaScript values as arguments. An address that the kernel gets
   is valid for the call only. */

#include "host.h"
#include "../init/syscall.h"

#include <fcntl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGUMENTS 6

static const char expected_argument[] = "a safe integer, bigint, string, Uint8Array or null";

static bool read_bigint(JSContext *ctx, JSValueConst value, long *result)
{
	int64_t integer;
	if (JS_ToBigInt64(ctx, &integer, value) < 0)
		return false;
	/* The engine takes any number modulo 2^64. Small values, as nearly all are, make no object here. */
	JSValue as_signed = JS_NewBigInt64(ctx, integer),
		as_unsigned = JS_NewBigUint64(ctx, (uint64_t)integer);
	bool is_lossless = JS_StrictEq(ctx, value, as_signed) || JS_StrictEq(ctx, value, as_unsigned);
	JS_FreeValue(ctx, as_signed);
	JS_FreeValue(ctx, as_unsigned);
	*result = integer;
	return is_lossless || mismatch(ctx, "a bigint argument", "of at most 64 bits");
}

/* A text that it lends must be freed, whatever the result. */
static bool read_argument(JSContext *ctx, JSValueConst value, long *result, struct text *text)
{
	struct bytes bytes;
	if (JS_VALUE_GET_TAG(value) == JS_TAG_INT) {
		*result = JS_VALUE_GET_INT(value);
		return true;
	}
	if (JS_IsNumber(value)) {
		double number = JS_VALUE_GET_FLOAT64(value);
		*result = is_safe_integer(number) ? (long)number : 0;
		return is_safe_integer(number) || mismatch(ctx, "an argument", expected_argument);
	}
	if (JS_IsNull(value) || JS_IsUndefined(value)) {
		*result = 0;
		return true;
	}
	if (JS_IsBigInt(ctx, value))
		return read_bigint(ctx, value, result);
	if (JS_IsString(value)) {
		if (!text_read(ctx, value, "an argument", text))
			return false;
		*result = (long)text->chars;
		return true;
	}
	if (!is_uint8_array(ctx, value))
		return mismatch(ctx, "an argument", expected_argument);
	if (!read_bytes(ctx, value, "an argument", &bytes))
		return false;
	*result = (long)bytes.data;
	return true;
}

JSValue kernel_js_call(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	int64_t nr;
	if (!read_integer(ctx, values[0], "the system call number", &nr))
		return JS_EXCEPTION;
	if (count > 1 + MAX_ARGUMENTS)
		count = 1 + MAX_ARGUMENTS;

	struct text texts[MAX_ARGUMENTS] = {0};
	long raw[MAX_ARGUMENTS] = {0};
	bool is_valid = true, has_nul = false;
	for (int i = 0; is_valid && i + 1 < count; i++) {
		is_valid = read_argument(ctx, values[1 + i], &raw[i], &texts[i]);
		has_nul |= texts[i].has_nul;
	}
	long result = -EINVAL;
	if (is_valid && !has_nul)
		result = raw_syscall(nr, raw[0], raw[1], raw[2], raw[3], raw[4], raw[5]);
	for (int i = 0; i < MAX_ARGUMENTS; i++)
		text_free(ctx, &texts[i]);
	return is_valid ? JS_NewInt64(ctx, result) : JS_EXCEPTION;
}

struct strings {
	char **items; /* ends with NULL, as execve wants it */
	size_t count;
	bool has_nul;
};

static void strings_free(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	free(strings->items);
}

static bool add_string(JSContext *ctx, JSValueConst value, const char *name, struct strings *strings)
{
	struct text text;
	char *copy = NULL;
	bool is_read = text_read(ctx, value, name, &text);
	if (is_read) {
		strings->has_nul |= text.has_nul;
		copy = malloc(text.length + 1);
		if (copy == NULL)
			JS_ThrowOutOfMemory(ctx);
		else
			strings->items[strings->count++] = memcpy(copy, text.chars, text.length + 1);
	}
	text_free(ctx, &text);
	return copy != NULL;
}

static bool read_strings(JSContext *ctx, JSValueConst value, const char *name, struct strings *strings)
{
	uint32_t length;
	if (!read_length(ctx, value, name, "an array of strings", &length))
		return false;
	strings->items = calloc((size_t)length + 1, sizeof *strings->items);
	if (strings->items == NULL) {
		JS_ThrowOutOfMemory(ctx);
		return false;
	}
	for (uint32_t i = 0; i < length; i++) {
		JSValue element = JS_GetPropertyUint32(ctx, value, i);
		bool is_added = !JS_IsException(element) && add_string(ctx, element, name, strings);
		JS_FreeValue(ctx, element);
		if (!is_added)
			return false;
	}
	return true;
}

JSValue kernel_js_exec(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	int fd;
	struct strings argv = {.items = NULL}, envp = {.items = NULL};
	if (!read_int(ctx, values[0], "fd", &fd))
		return JS_EXCEPTION;
	bool is_valid =
		read_strings(ctx, values[1], "argv", &argv) && read_strings(ctx, values[2], "env", &envp);
	long result = -EINVAL;
	if (is_valid && !argv.has_nul && !envp.has_nul)
		result = SYSCALL(__NR_execveat, fd, "", argv.items, envp.items, AT_EMPTY_PATH);
	strings_free(&argv);
	strings_free(&envp);
	return is_valid ? JS_NewInt64(ctx, result) : JS_EXCEPTION;
}
