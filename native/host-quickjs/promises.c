/* Owns promises on behalf of C: those that C makes and settles, and those that failed without anybody
 * looking. */

#include "host.h"

#include <stdlib.h>

struct resolver *make_promise(JSContext *ctx, JSValue *promise)
{
	JSValue functions[2];
	struct resolver *resolver = malloc(sizeof *resolver);
	if (resolver == NULL) {
		JS_ThrowOutOfMemory(ctx);
		return NULL;
	}
	*promise = JS_NewPromiseCapability(ctx, functions);
	if (JS_IsException(*promise)) {
		free(resolver);
		return NULL;
	}
	resolver->resolve = functions[0];
	JS_FreeValue(ctx, functions[1]);
	return resolver;
}

bool resolve_promise(JSContext *ctx, struct resolver *resolver, JSValue value)
{
	JSValue result = JS_Call(ctx, resolver->resolve, JS_UNDEFINED, 1, &value);
	bool is_resolved = !JS_IsException(result);
	JS_FreeValue(ctx, result);
	JS_FreeValue(ctx, value);
	JS_FreeValue(ctx, resolver->resolve);
	free(resolver);
	return is_resolved;
}

struct rejection {
	struct rejection *next;
	JSValue promise, reason; /* owned */
};

static void drop(JSContext *ctx, struct rejection **place)
{
	struct rejection *rejection = *place;
	*place = rejection->next;
	JS_FreeValue(ctx, rejection->promise);
	JS_FreeValue(ctx, rejection->reason);
	free(rejection);
}

void track_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, JS_BOOL is_handled,
		     void *opaque)
{
	struct host *host = opaque;
	struct rejection **place = &host->rejections;
	if (is_handled) {
		while (*place != NULL && !JS_StrictEq(ctx, (*place)->promise, promise))
			place = &(*place)->next;
		if (*place != NULL)
			drop(ctx, place);
		return;
	}
	struct rejection *rejection = malloc(sizeof *rejection);
	if (rejection == NULL)
		die("out of memory");
	*rejection = (struct rejection){
		.next = host->rejections,
		.promise = JS_DupValue(ctx, promise),
		.reason = JS_DupValue(ctx, reason),
	};
	host->rejections = rejection;
}

bool throw_rejection(struct host *host)
{
	JSContext *ctx = host->context;
	if (host->rejections == NULL)
		return false;
	JS_Throw(ctx, JS_DupValue(ctx, host->rejections->reason));
	while (host->rejections != NULL)
		drop(ctx, &host->rejections);
	return true;
}
