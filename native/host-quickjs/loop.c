/* Owns waiting: `poll` and `unpoll`, and the loop that lets jobs run and then sleeps until a descriptor is
 * ready. */

#include "host.h"

#include <errno.h>

#define BATCH 64
#define FOREVER (-1)

static int add_poll(struct host *host, int fd, int events, struct resolver *resolver)
{
	if (!host->has_table) {
		int status = poll_table_open(&host->table);
		if (status < 0)
			return status;
		host->has_table = true;
	}
	int status = poll_table_add(&host->table, fd, events, resolver);
	if (status == 0)
		host->waiting++;
	return status;
}

JSValue kernel_js_poll(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	int fd, events;
	JSValue promise;
	if (!read_int(ctx, values[0], "fd", &fd) || !read_int(ctx, values[1], "events", &events))
		return JS_EXCEPTION;
	struct resolver *resolver = make_promise(ctx, &promise);
	if (resolver == NULL)
		return JS_EXCEPTION;
	int status = add_poll(host_of(ctx), fd, events, resolver);
	if (status == 0 || resolve_promise(ctx, resolver, JS_NewInt32(ctx, status)))
		return promise;
	JS_FreeValue(ctx, promise);
	return JS_EXCEPTION;
}

JSValue kernel_js_unpoll(JSContext *ctx, JSValueConst this_value, int count, JSValueConst *values)
{
	int fd;
	struct host *host = host_of(ctx);
	if (!read_int(ctx, values[0], "fd", &fd))
		return JS_EXCEPTION;
	struct resolver *resolver = host->has_table ? poll_table_remove(&host->table, fd) : NULL;
	if (resolver == NULL)
		return JS_UNDEFINED;
	host->waiting--;
	return resolve_promise(ctx, resolver, JS_NewInt32(ctx, 0)) ? JS_UNDEFINED : JS_EXCEPTION;
}

static bool run_jobs(struct host *host)
{
	JSContext *ctx;
	int status;
	do
		status = JS_ExecutePendingJob(host->runtime, &ctx);
	while (status > 0);
	/* Only now: a handler that a later job attaches is not too late. */
	return status == 0 && !throw_rejection(host);
}

static bool wait_for_events(struct host *host)
{
	struct poll_ready ready[BATCH];
	if (is_spawning())
		return finish_spawn(host->context);
	if (host->waiting == 0) {
		JS_ThrowInternalError(host->context, "it waits for something that nothing can bring");
		return false;
	}
	int count = poll_table_take(&host->table, FOREVER, ready, BATCH);
	if (count < 0 && count != -EINTR) {
		JS_ThrowInternalError(host->context, "cannot wait: errno %d", -count);
		return false;
	}
	for (int i = 0; i < count; i++) {
		host->waiting--;
		if (!resolve_promise(host->context, ready[i].waiter,
				     JS_NewInt32(host->context, ready[i].events)))
			return false;
	}
	return true;
}

bool run_until_settled(struct host *host, JSValueConst promise)
{
	for (;;) {
		if (!run_jobs(host))
			return false;
		if (JS_PromiseState(host->context, promise) != JS_PROMISE_PENDING)
			return true;
		if (!wait_for_events(host))
			return false;
	}
}
