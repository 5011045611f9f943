/* Owns where modules come from: bytecode that is linked into this executable, and nowhere else. There is no compiler
   in here, so no text can ever become code. */

#include "host.h"

#include <string.h>

static JSValue read_blob(JSContext *ctx, const struct blob *blob)
{
	return JS_ReadObject(ctx, blob->bytes, *blob->length, JS_READ_OBJ_BYTECODE);
}

static JSModuleDef *load_import(JSContext *ctx, const char *name, void *opaque)
{
	for (size_t i = 0; i < runt_blob_count; i++) {
		if (strcmp(runt_blobs[i].name, name) != 0)
			continue;
		JSValue module = read_blob(ctx, &runt_blobs[i]);
		JSModuleDef *definition = JS_IsException(module) ? NULL : JS_VALUE_GET_PTR(module);
		JS_FreeValue(ctx, module); /* the context keeps it */
		return definition;
	}
	JS_ThrowReferenceError(ctx, "there is no module \"%s\"", name);
	return NULL;
}

JSValue load_main(struct host *host)
{
	JSContext *ctx = host->context;
	JS_SetModuleLoaderFunc(host->runtime, NULL, load_import, NULL);
	JSValue module = read_blob(ctx, &runt_blobs[0]);
	if (JS_IsException(module))
		return module;
	JSModuleDef *definition = JS_VALUE_GET_PTR(module);
	if (JS_ResolveModule(ctx, module) < 0) {
		JS_FreeValue(ctx, module);
		return JS_EXCEPTION;
	}
	JSValue evaluation = JS_EvalFunction(ctx, module); /* takes the module; the context keeps it */
	if (JS_IsException(evaluation))
		return evaluation;
	bool is_settled = run_until_settled(host, evaluation);
	JS_FreeValue(ctx, evaluation);
	return is_settled ? JS_GetModuleNamespace(ctx, definition) : JS_EXCEPTION;
}
