/* Owns the object that JavaScript gets as its kernel: which functions it has, nothing of what they do. */

#include "host.h"

/* As JS_CFUNC_DEF, but enumerable. */
#define FUNCTION(title, count, function)                                              \
	{                                                                             \
		.name = title, .prop_flags = JS_PROP_C_W_E, .def_type = JS_DEF_CFUNC, \
		.u.func = {count, JS_CFUNC_generic, {function}},                      \
	}

static const JSCFunctionListEntry members[] = {
	JS_PROP_STRING_DEF("arch", KERNEL_ARCH, JS_PROP_C_W_E),
	FUNCTION("call", 7, kernel_js_call),
	FUNCTION("encodeText", 1, kernel_js_encode_text),
	FUNCTION("decodeText", 1, kernel_js_decode_text),
	FUNCTION("readFile", 4, kernel_js_read_file),
	FUNCTION("writeFile", 4, kernel_js_write_file),
	FUNCTION("initImage", 0, kernel_js_init_image),
	FUNCTION("spawn", 1, kernel_js_spawn),
	FUNCTION("send", 3, kernel_js_send),
	FUNCTION("receive", 3, kernel_js_receive),
	FUNCTION("poll", 2, kernel_js_poll),
	FUNCTION("unpoll", 1, kernel_js_unpoll),
	FUNCTION("exec", 3, kernel_js_exec),
};

struct host *host_of(JSContext *ctx)
{
	return JS_GetContextOpaque(ctx);
}

JSValue make_kernel(JSContext *ctx)
{
	struct host *host = host_of(ctx);
	if (!find_view_class(ctx, JS_TYPED_ARRAY_UINT8, &host->uint8_array) ||
	    !find_view_class(ctx, JS_TYPED_ARRAY_INT32, &host->int32_array))
		return JS_EXCEPTION;
	JSValue kernel = JS_NewObject(ctx);
	if (!JS_IsException(kernel))
		JS_SetPropertyFunctionList(ctx, kernel, members, sizeof members / sizeof *members);
	return kernel;
}
