/* Owns the conversions of convert.h. Nothing here acts on the kernel. */

#include "convert.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SAFE_INTEGER 9007199254740991.0

void *convert_failed(napi_env env, const char *call)
{
	bool is_pending = false;
	if (napi_is_exception_pending(env, &is_pending) == napi_ok && !is_pending) {
		const napi_extended_error_info *info = NULL;
		const char *reason = "unknown error";
		if (napi_get_last_error_info(env, &info) == napi_ok && info->error_message != NULL)
			reason = info->error_message;
		char message[256];
		snprintf(message, sizeof message, "%s (%s)", reason, call);
		napi_throw_error(env, NULL, message);
	}
	return NULL;
}

void *convert_mismatch(napi_env env, const char *name, const char *expected)
{
	char message[128];
	snprintf(message, sizeof message, "%s must be %s", name, expected);
	napi_throw_type_error(env, NULL, message);
	return NULL;
}

bool text_read(napi_env env, napi_value value, const char *name, struct text *text)
{
	text->chars = text->small;
	size_t room = sizeof text->small;
	napi_status status = napi_get_value_string_utf8(env, value, text->chars, room, &text->length);
	if (status == napi_string_expected)
		return convert_mismatch(env, name, "a string");
	TRY(env, status);
	/* A character of up to four bytes may have been left out at the end: then it did not fit. */
	if (text->length + 4 >= room) {
		TRY(env, napi_get_value_string_utf8(env, value, NULL, 0, &text->length));
		room = text->length + 1;
		char *chars = malloc(room);
		if (chars == NULL)
			TRY(env, napi_generic_failure);
		text->chars = chars;
		TRY(env, napi_get_value_string_utf8(env, value, chars, room, &text->length));
	}
	text->has_nul = memchr(text->chars, 0, text->length) != NULL;
	return true;
}

void text_free(struct text *text)
{
	if (text->chars != text->small)
		free(text->chars);
	text->chars = text->small;
}

bool is_uint8_array(napi_env env, napi_value value, struct bytes *bytes)
{
	napi_typedarray_type type;
	void *data;
	if (napi_get_typedarray_info(env, value, &type, &bytes->length, &data, NULL, NULL) != napi_ok)
		return false;
	bytes->data = data;
	return type == napi_uint8_array;
}

bool read_bytes(napi_env env, napi_value value, const char *name, struct bytes *bytes)
{
	if (!is_uint8_array(env, value, bytes))
		return convert_mismatch(env, name, "a Uint8Array");
	return true;
}

bool read_int32_array(napi_env env, napi_value value, const char *name, int32_t **data, size_t *length)
{
	napi_typedarray_type type;
	void *address;
	if (napi_get_typedarray_info(env, value, &type, length, &address, NULL, NULL) != napi_ok ||
	    type != napi_int32_array)
		return convert_mismatch(env, name, "an Int32Array");
	*data = address;
	return true;
}

bool is_safe_integer(double value)
{
	return value >= -MAX_SAFE_INTEGER && value <= MAX_SAFE_INTEGER && value == (double)(int64_t)value;
}

bool read_integer(napi_env env, napi_value value, const char *name, int64_t *result)
{
	double number;
	napi_status status = napi_get_value_double(env, value, &number);
	if (status == napi_number_expected || (status == napi_ok && !is_safe_integer(number)))
		return convert_mismatch(env, name, "a safe integer");
	TRY(env, status);
	*result = (int64_t)number;
	return true;
}

bool read_int(napi_env env, napi_value value, const char *name, int *result)
{
	int64_t integer;
	if (!read_integer(env, value, name, &integer))
		return false;
	if (integer < INT_MIN || integer > INT_MAX)
		return convert_mismatch(env, name, "a 32-bit integer");
	*result = (int)integer;
	return true;
}

bool read_ints(napi_env env, napi_value value, const char *name, int *ints, size_t capacity, size_t *count)
{
	uint32_t length;
	napi_status status = napi_get_array_length(env, value, &length);
	if (status == napi_array_expected)
		return convert_mismatch(env, name, "an array of integers");
	TRY(env, status);
	*count = length;
	for (uint32_t i = 0; i < length && i < capacity; i++) {
		napi_value element;
		TRY(env, napi_get_element(env, value, i, &element));
		if (!read_int(env, element, name, &ints[i]))
			return false;
	}
	return true;
}

napi_value make_number(napi_env env, int64_t value)
{
	napi_value result;
	TRY(env, napi_create_int64(env, value, &result));
	return result;
}
