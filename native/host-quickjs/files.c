/* Owns `readFile`, `writeFile`, `initImage` and the text functions for JavaScript: conversion only, the work
   is in
   ../kernel. */

#include "host.h"

#include <errno.h>

JSValue kernel_js_encode_text(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	struct text text;
	bool is_read = text_read(ctx, values[0], "text", &text);
	JSValue result = is_read ? make_bytes(ctx, text.chars, text.length) : JS_EXCEPTION;
	text_free(ctx, &text);
	return result;
}

JSValue kernel_js_decode_text(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	struct bytes bytes;
	if (!read_bytes(ctx, values[0], "bytes", &bytes))
		return JS_EXCEPTION;
	return make_text(ctx, bytes.data, bytes.length);
}

JSValue kernel_js_read_file(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	int directory, flags;
	int64_t limit;
	struct text path;
	if (!read_int(ctx, values[0], "directory", &directory) || !read_int(ctx, values[2], "flags", &flags))
		return JS_EXCEPTION;
	if (!read_integer(ctx, values[3], "limitBytes", &limit))
		return JS_EXCEPTION;
	if (limit < 0) {
		mismatch(ctx, "limitBytes", "at least 0");
		return JS_EXCEPTION;
	}
	JSValue result = JS_EXCEPTION;
	if (text_read(ctx, values[1], "path", &path)) {
		struct file_content content;
		int status = path.has_nul ? -EINVAL
					  : kernel_read_file(directory, path.chars, flags, (size_t)limit,
							     &content);
		result = status < 0 ? JS_NewInt32(ctx, status)
				    : make_bytes(ctx, content.bytes, content.length);
		if (status >= 0)
			file_content_free(&content);
	}
	text_free(ctx, &path);
	return result;
}

/* The bytes of a text or of a Uint8Array. The text must be freed, whatever the result. */
static bool read_data(JSContext *ctx, JSValueConst value, struct text *text, struct bytes *bytes)
{
	*text = (struct text){.chars = NULL};
	if (is_uint8_array(ctx, value))
		return read_bytes(ctx, value, "data", bytes);
	bool is_read = text_read(ctx, value, "data", text);
	*bytes = (struct bytes){.data = (uint8_t *)text->chars, .length = text->length};
	return is_read;
}

JSValue kernel_js_write_file(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	int directory, flags;
	struct text path, text = {.chars = NULL};
	struct bytes bytes;
	if (!read_int(ctx, values[0], "directory", &directory) || !read_int(ctx, values[2], "flags", &flags))
		return JS_EXCEPTION;
	JSValue result = JS_EXCEPTION;
	if (text_read(ctx, values[1], "path", &path) && read_data(ctx, values[3], &text, &bytes)) {
		int status = path.has_nul ? -EINVAL
					  : kernel_write_file(directory, path.chars, flags, bytes.data,
							      bytes.length);
		result = JS_NewInt32(ctx, status);
	}
	text_free(ctx, &text);
	text_free(ctx, &path);
	return result;
}

JSValue kernel_js_init_image(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	return JS_NewInt32(ctx, kernel_init_image());
}
