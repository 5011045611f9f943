/* Owns the engine and the program in it: which parts of ECMAScript there are, and the one piece of bytecode
   that the build hands in. There is no compiler in here and nothing is loaded later, so no text can become
   code. */

#include "host.h"

/* Reference counts free nearly everything; a command ends long before it has made so many cycles. */
#define GC_THRESHOLD_BYTES (8 << 20)

/* What the core uses. No eval, no Proxy, no WeakRef: what is not there cannot be misused. */
static JSContext *make_context(JSRuntime *runtime)
{
	JSContext *ctx = JS_NewContextRaw(runtime);
	if (ctx == NULL)
		return NULL;
	JS_AddIntrinsicBaseObjects(ctx);
	JS_AddIntrinsicDate(ctx);
	JS_AddIntrinsicRegExp(ctx);
	JS_AddIntrinsicJSON(ctx);
	JS_AddIntrinsicMapSet(ctx);
	JS_AddIntrinsicTypedArrays(ctx);
	JS_AddIntrinsicPromise(ctx);
	return ctx;
}

static JSRuntime *make_runtime(void)
{
#ifdef RUNT_SANITIZED
	return JS_NewRuntime(); /* AddressSanitizer knows this allocator */
#else
	snapshot_heap_open();
	return JS_NewRuntime2(&heap_functions, NULL);
#endif
}

/* Evaluates the module. Its namespace, or an exception. */
static JSValue load_module(struct host *host, const uint8_t *bytecode, size_t length)
{
	JSContext *ctx = host->context;
	JSValue module = JS_ReadObject(ctx, bytecode, length, JS_READ_OBJ_BYTECODE);
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

void open_program(struct host *host, const uint8_t *bytecode, size_t length)
{
	host->runtime = make_runtime();
	host->context = host->runtime == NULL ? NULL : make_context(host->runtime);
	if (host->context == NULL)
		die("out of memory");
	JS_SetContextOpaque(host->context, host);
	JS_SetGCThreshold(host->runtime, GC_THRESHOLD_BYTES);
	JS_SetHostPromiseRejectionTracker(host->runtime, track_rejection, host);
	host->kernel = make_kernel(host->context);
	JSValue module = load_module(host, bytecode, length);
	if (!JS_IsException(host->kernel) && !JS_IsException(module))
		host->main = JS_GetPropertyStr(host->context, module, "main");
	else
		die_of_exception(host->context);
	JS_FreeValue(host->context, module);
}
