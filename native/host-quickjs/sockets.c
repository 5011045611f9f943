/* Owns `send` and `receive` for JavaScript: conversion only, the work is in ../kernel. */

#include "host.h"

JSValue kernel_js_send(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	int socket, descriptors[KERNEL_MAX_DESCRIPTORS];
	size_t descriptor_count;
	struct bytes bytes;
	if (!read_int(ctx, values[0], "socket", &socket))
		return JS_EXCEPTION;
	if (!read_ints(ctx, values[2], "descriptors", descriptors, KERNEL_MAX_DESCRIPTORS, &descriptor_count))
		return JS_EXCEPTION;
	/* Last, as the elements of an array may be computed by code that moves the bytes. */
	if (!read_bytes(ctx, values[1], "bytes", &bytes))
		return JS_EXCEPTION;
	return JS_NewInt64(ctx, kernel_send(socket, bytes.data, bytes.length, descriptors, descriptor_count));
}

JSValue kernel_js_receive(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	int socket, *descriptors;
	size_t descriptor_count;
	struct bytes bytes;
	if (!read_int(ctx, values[0], "socket", &socket) || !read_bytes(ctx, values[1], "bytes", &bytes))
		return JS_EXCEPTION;
	if (!read_int32_array(ctx, values[2], "descriptors", &descriptors, &descriptor_count))
		return JS_EXCEPTION;
	return JS_NewInt64(ctx,
			   kernel_receive(socket, bytes.data, bytes.length, descriptors, descriptor_count));
}
