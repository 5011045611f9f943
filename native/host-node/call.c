/* Owns `call` and `exec`: system calls with JavaScript values as arguments, on JavaScript's own thread. An
   address that the kernel gets is valid for the call only. */

#include "host.h"
#include "../init/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define MAX_ARGUMENTS 6

struct argument {
	long value;
	bool is_text;
	struct text text;
};

static bool read_bigint(napi_env env, napi_value value, long *result)
{
	int64_t integer;
	uint64_t unsigned_integer;
	bool is_lossless = false;
	TRY(env, napi_get_value_bigint_int64(env, value, &integer, &is_lossless));
	if (!is_lossless) {
		TRY(env, napi_get_value_bigint_uint64(env, value, &unsigned_integer, &is_lossless));
		if (!is_lossless)
			return convert_mismatch(env, "a bigint argument", "of at most 64 bits");
		integer = (int64_t)unsigned_integer;
	}
	*result = integer;
	return true;
}

static bool read_argument(napi_env env, napi_value value, struct argument *argument)
{
	static const char expected[] = "a safe integer, bigint, string, Uint8Array or null";
	double number;
	argument->is_text = false;
	/* Nearly all are numbers: asked first, the type need not be. */
	if (napi_get_value_double(env, value, &number) == napi_ok) {
		if (!is_safe_integer(number))
			return convert_mismatch(env, "an argument", expected);
		argument->value = (long)number;
		return true;
	}
	napi_valuetype type;
	struct bytes bytes;
	TRY(env, napi_typeof(env, value, &type));
	switch (type) {
	case napi_undefined:
	case napi_null:
		argument->value = 0;
		return true;
	case napi_bigint:
		return read_bigint(env, value, &argument->value);
	case napi_string:
		argument->is_text = true;
		if (!text_read(env, value, "an argument", &argument->text))
			return false;
		argument->value = (long)argument->text.chars;
		return true;
	default:
		if (!is_uint8_array(env, value, &bytes))
			return convert_mismatch(env, "an argument", expected);
		argument->value = (long)bytes.data;
		return true;
	}
}

napi_value kernel_js_call(napi_env env, napi_callback_info info)
{
	napi_value values[1 + MAX_ARGUMENTS];
	size_t count = 1 + MAX_ARGUMENTS;
	int64_t nr;
	TRY(env, napi_get_cb_info(env, info, &count, values, NULL, NULL));
	if (!read_integer(env, values[0], "the system call number", &nr))
		return NULL;
	if (count > 1 + MAX_ARGUMENTS)
		count = 1 + MAX_ARGUMENTS;

	struct argument arguments[MAX_ARGUMENTS];
	long raw[MAX_ARGUMENTS] = {0};
	bool is_valid = true, has_nul = false;
	size_t read = 0;
	while (is_valid && read + 1 < count) {
		struct argument *argument = &arguments[read];
		is_valid = read_argument(env, values[1 + read], argument);
		raw[read++] = argument->value;
		if (is_valid && argument->is_text)
			has_nul |= argument->text.has_nul;
	}
	long result = -EINVAL;
	if (is_valid && !has_nul)
		result = raw_syscall(nr, raw[0], raw[1], raw[2], raw[3], raw[4], raw[5]);
	for (size_t i = 0; i < read; i++)
		if (arguments[i].is_text)
			text_free(&arguments[i].text);
	return is_valid ? make_number(env, result) : NULL;
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

static bool read_strings(napi_env env, napi_value value, const char *name, struct strings *strings)
{
	uint32_t length;
	*strings = (struct strings){.items = NULL};
	napi_status status = napi_get_array_length(env, value, &length);
	if (status == napi_array_expected)
		return convert_mismatch(env, name, "an array of strings");
	TRY(env, status);
	strings->items = calloc((size_t)length + 1, sizeof *strings->items);
	if (strings->items == NULL)
		TRY(env, napi_generic_failure);
	for (uint32_t i = 0; i < length; i++) {
		napi_value element;
		struct text text;
		TRY(env, napi_get_element(env, value, i, &element));
		bool is_read = text_read(env, element, name, &text);
		char *copy = is_read ? malloc(text.length + 1) : NULL;
		if (copy != NULL) {
			__builtin_memcpy(copy, text.chars, text.length + 1);
			strings->items[strings->count++] = copy;
			strings->has_nul |= text.has_nul;
		}
		text_free(&text);
		if (!is_read)
			return false;
		if (copy == NULL)
			TRY(env, napi_generic_failure);
	}
	return true;
}

napi_value kernel_js_exec(napi_env env, napi_callback_info info)
{
	napi_value values[3];
	size_t count = 3;
	int fd;
	struct strings argv = {.items = NULL}, envp = {.items = NULL};
	TRY(env, napi_get_cb_info(env, info, &count, values, NULL, NULL));
	if (!read_int(env, values[0], "fd", &fd))
		return NULL;
	bool is_valid =
		read_strings(env, values[1], "argv", &argv) && read_strings(env, values[2], "env", &envp);
	long result = -EINVAL;
	if (is_valid && !argv.has_nul && !envp.has_nul)
		result = SYSCALL(__NR_execveat, fd, "", argv.items, envp.items, AT_EMPTY_PATH);
	strings_free(&argv);
	strings_free(&envp);
	return is_valid ? make_number(env, result) : NULL;
}
