/* Owns `poll` and `unpoll`: one thread that sleeps on epoll and, when anything is ready, rings for
   JavaScript. The table of waiters is touched by JavaScript's thread only, so there is nothing to lock and
   nothing can be stale. */

#include "host.h"
#include "../init/syscall.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BATCH 64

/* The doorbell rings once and then stays silent until it is armed again: JavaScript takes events at its own
   pace. */
static int arm_doorbell(struct reactor *reactor, int operation)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = reactor->table.epoll};
	return (int)SYSCALL(__NR_epoll_ctl, reactor->doorbell, operation, reactor->table.epoll, &event);
}

static void *run_reactor(void *argument)
{
	struct host *host = argument;
	struct reactor *reactor = &host->reactor;
	host_name_thread("lc-reactor");
	for (;;) {
		struct epoll_event event;
		long count = SYSCALL(__NR_epoll_pwait, reactor->doorbell, &event, 1, -1, NULL, 0);
		if (count == -EINTR)
			continue;
		if (count != 1 || event.data.fd == reactor->stop)
			return NULL;
		mailbox_ring(&host->mailbox);
	}
}

static void close_reactor(struct reactor *reactor)
{
	poll_table_close(&reactor->table);
	if (reactor->doorbell >= 0)
		SYSCALL(__NR_close, reactor->doorbell);
	if (reactor->stop >= 0)
		SYSCALL(__NR_close, reactor->stop);
}

static int open_reactor(struct host *host)
{
	struct reactor *reactor = &host->reactor;
	if (reactor->is_running)
		return 0;
	int status = poll_table_open(&reactor->table);
	if (status < 0)
		return status;
	reactor->doorbell = (int)SYSCALL(__NR_epoll_create1, EPOLL_CLOEXEC);
	reactor->stop = (int)SYSCALL(__NR_eventfd2, 0, EFD_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = reactor->stop};
	if (reactor->doorbell < 0)
		status = reactor->doorbell;
	else if (reactor->stop < 0)
		status = reactor->stop;
	else
		status =
			(int)SYSCALL(__NR_epoll_ctl, reactor->doorbell, EPOLL_CTL_ADD, reactor->stop, &event);
	if (status == 0)
		status = arm_doorbell(reactor, EPOLL_CTL_ADD);
	if (status == 0)
		status = host_thread(&reactor->thread, run_reactor, host);
	if (status < 0)
		close_reactor(reactor);
	reactor->is_running = status == 0;
	return status;
}

void reactor_stop(struct reactor *reactor)
{
	if (!reactor->is_running)
		return;
	uint64_t one = 1;
	SYSCALL(__NR_write, reactor->stop, &one, sizeof one);
	pthread_join(reactor->thread, NULL);
	reactor->is_running = false;
	close_reactor(reactor);
}

static napi_value resolve(napi_env env, napi_deferred deferred, int events)
{
	napi_value value = make_number(env, events);
	if (value == NULL)
		return NULL;
	TRY(env, napi_resolve_deferred(env, deferred, value));
	return value;
}

void reactor_drain(struct host *host)
{
	if (!host->reactor.is_running)
		return;
	struct poll_ready ready[BATCH];
	int count;
	do {
		count = poll_table_take(&host->reactor.table, 0, ready, BATCH);
		for (int i = 0; i < count; i++) {
			mailbox_settled(host);
			resolve(host->env, ready[i].waiter, ready[i].events);
		}
	} while (count == BATCH);
	arm_doorbell(&host->reactor, EPOLL_CTL_MOD);
}

napi_value kernel_js_poll(napi_env env, napi_callback_info info)
{
	napi_value values[2], promise;
	size_t count = 2;
	int fd, events;
	napi_deferred deferred;
	struct host *host = host_of(env);
	if (host == NULL || !host_start(host))
		return NULL;
	TRY(env, napi_get_cb_info(env, info, &count, values, NULL, NULL));
	if (!read_int(env, values[0], "fd", &fd))
		return NULL;
	if (!read_int(env, values[1], "events", &events))
		return NULL;
	TRY(env, napi_create_promise(env, &deferred, &promise));
	int status = open_reactor(host);
	if (status == 0)
		status = poll_table_add(&host->reactor.table, fd, events, deferred);
	if (status == 0)
		mailbox_expect(host);
	else if (resolve(env, deferred, status) == NULL)
		return NULL;
	return promise;
}

napi_value kernel_js_unpoll(napi_env env, napi_callback_info info)
{
	napi_value value;
	size_t count = 1;
	int fd;
	struct host *host = host_of(env);
	if (host == NULL)
		return NULL;
	TRY(env, napi_get_cb_info(env, info, &count, &value, NULL, NULL));
	if (!read_int(env, value, "fd", &fd) || !host->reactor.is_running)
		return NULL;
	napi_deferred deferred = poll_table_remove(&host->reactor.table, fd);
	if (deferred == NULL)
		return NULL;
	mailbox_settled(host);
	resolve(env, deferred, 0);
	return NULL;
}
