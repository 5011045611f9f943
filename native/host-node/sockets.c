/* Owns `send` and `receive` for JavaScript: conversion only, the work is in ../kernel. */

#include "host.h"

napi_value kernel_js_send(napi_env env, napi_callback_info info)
{
	napi_value values[3];
	size_t argument_count = 3, count;
	int socket, descriptors[KERNEL_MAX_DESCRIPTORS];
	struct bytes bytes;
	TRY(env, napi_get_cb_info(env, info, &argument_count, values, NULL, NULL));
	if (!read_int(env, values[0], "socket", &socket))
		return NULL;
	if (!read_ints(env, values[2], "descriptors", descriptors, KERNEL_MAX_DESCRIPTORS, &count))
		return NULL;
	/* Last, as the elements of an array may be computed by code that moves the bytes. */
	if (!read_bytes(env, values[1], "bytes", &bytes))
		return NULL;
	return make_number(env, kernel_send(socket, bytes.data, bytes.length, descriptors, count));
}

napi_value kernel_js_receive(napi_env env, napi_callback_info info)
{
	napi_value values[3];
	size_t argument_count = 3, count;
	int socket, *descriptors;
	struct bytes bytes;
	TRY(env, napi_get_cb_info(env, info, &argument_count, values, NULL, NULL));
	if (!read_int(env, values[0], "socket", &socket))
		return NULL;
	if (!read_bytes(env, values[1], "bytes", &bytes))
		return NULL;
	if (!read_int32_array(env, values[2], "descriptors", &descriptors, &count))
		return NULL;
	return make_number(env, kernel_receive(socket, bytes.data, bytes.length, descriptors, count));
}
