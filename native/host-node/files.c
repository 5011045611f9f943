/* Owns `readFile`, `writeFile` and `initImage` for JavaScript: conversion only, the work is in ../kernel. */

#include "host.h"

#include <errno.h>
#include <string.h>

static napi_value make_uint8_array(napi_env env, const void *bytes, size_t length)
{
	void *data;
	napi_value buffer, array;
	TRY(env, napi_create_arraybuffer(env, length, &data, &buffer));
	if (length > 0)
		memcpy(data, bytes, length);
	TRY(env, napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array));
	return array;
}

napi_value kernel_js_read_file(napi_env env, napi_callback_info info)
{
	napi_value values[4];
	size_t count = 4;
	int directory, flags;
	int64_t limit;
	struct text path;
	TRY(env, napi_get_cb_info(env, info, &count, values, NULL, NULL));
	if (!read_int(env, values[0], "directory", &directory))
		return NULL;
	if (!read_int(env, values[2], "flags", &flags))
		return NULL;
	if (!read_integer(env, values[3], "limitBytes", &limit))
		return NULL;
	if (limit < 0)
		return convert_mismatch(env, "limitBytes", "at least 0");
	bool is_read = text_read(env, values[1], "path", &path);
	napi_value result = NULL;
	if (is_read) {
		struct file_content content;
		int status = path.has_nul ? -EINVAL
					  : kernel_read_file(directory, path.chars, flags, (size_t)limit,
							     &content);
		result = status < 0 ? make_number(env, status)
				    : make_uint8_array(env, content.bytes, content.length);
		if (status >= 0)
			file_content_free(&content);
	}
	text_free(&path);
	return result;
}

napi_value kernel_js_write_file(napi_env env, napi_callback_info info)
{
	napi_value values[4];
	size_t count = 4;
	int directory, flags;
	struct text path, text;
	struct bytes bytes;
	TRY(env, napi_get_cb_info(env, info, &count, values, NULL, NULL));
	if (!read_int(env, values[0], "directory", &directory))
		return NULL;
	if (!read_int(env, values[2], "flags", &flags))
		return NULL;
	bool is_text = !is_uint8_array(env, values[3], &bytes);
	napi_value result = NULL;
	text.chars = text.small;
	bool is_read = text_read(env, values[1], "path", &path);
	if (is_read && is_text) {
		is_read = text_read(env, values[3], "data", &text);
		if (is_read)
			bytes = (struct bytes){.data = (uint8_t *)text.chars, .length = text.length};
	}
	if (is_read) {
		int status = path.has_nul ? -EINVAL
					  : kernel_write_file(directory, path.chars, flags, bytes.data,
							      bytes.length);
		result = make_number(env, status);
	}
	text_free(&text);
	text_free(&path);
	return result;
}

napi_value kernel_js_init_image(napi_env env, napi_callback_info info)
{
	(void)info;
	return make_number(env, kernel_init_image());
}
