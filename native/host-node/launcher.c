/* Owns `spawn`: the threads on which the vfork window of a start passes, so that it never blocks JavaScript. A request
   is copied first; a process that nobody asks for any more is ended and reaped. */

#include "host.h"
#include "../init/syscall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

struct launch {
	struct launch *next;
	napi_deferred deferred;
	struct spawn_request request;
	struct spawned spawned;
	int descriptors[KERNEL_MAX_DESCRIPTORS];
	uint8_t program[];
};

void launch_queue_clear(struct launch_queue *queue)
{
	*queue = (struct launch_queue){.first = NULL, .last = &queue->first};
}

void launch_queue_push(struct launch_queue *queue, struct launch *launch)
{
	launch->next = NULL;
	*queue->last = launch;
	queue->last = &launch->next;
}

/* The next request; NULL when the thread shall end. */
static struct launch *take_request(struct launchers *launchers)
{
	struct launch *launch = NULL;
	pthread_mutex_lock(&launchers->lock);
	launchers->idle++;
	while (launchers->requests.first == NULL && !launchers->is_stopping)
		pthread_cond_wait(&launchers->wake, &launchers->lock);
	launchers->idle--;
	if (!launchers->is_stopping) {
		launch = launchers->requests.first;
		launchers->requests.first = launch->next;
		if (launch->next == NULL)
			launch_queue_clear(&launchers->requests);
		launchers->waiting--;
	}
	pthread_mutex_unlock(&launchers->lock);
	return launch;
}

static void *run_launcher(void *argument)
{
	struct host *host = argument;
	struct launch *launch;
	struct spawner spawner;
	int status = kernel_spawner_open(&spawner);
	while ((launch = take_request(&host->launchers)) != NULL) {
		if (status == 0)
			kernel_spawn(&spawner, &launch->request, &launch->spawned);
		else
			launch->spawned = (struct spawned){-status, "mmap", -1, -1, -1};
		mailbox_deliver(&host->mailbox, launch);
		pthread_t heir;
		if (spawner.unusable && host_thread(&heir, "lc-launcher", run_launcher, host) == 0) {
			pthread_join(heir, NULL);
			break;
		}
	}
	kernel_spawner_close(&spawner);
	return NULL;
}

/* Hands a request to the launchers, of which there is one more as long as none is idle. */
static int submit(struct host *host, struct launch *launch)
{
	struct launchers *launchers = &host->launchers;
	if (launchers->stop < 0)
		launchers->stop = (int)SYSCALL(__NR_eventfd2, 0, EFD_CLOEXEC);
	if (launchers->stop < 0)
		return launchers->stop;
	launch->request.cancel = launchers->stop;
	int status = 0;
	pthread_mutex_lock(&launchers->lock);
	if (launchers->waiting >= launchers->idle && launchers->count < MAX_LAUNCHERS) {
		status =
			host_thread(&launchers->threads[launchers->count], "lc-launcher", run_launcher, host);
		if (status == 0)
			launchers->count++;
		else if (launchers->count > 0)
			status = 0;
	}
	if (status == 0) {
		launch_queue_push(&launchers->requests, launch);
		launchers->waiting++;
		pthread_cond_signal(&launchers->wake);
	}
	pthread_mutex_unlock(&launchers->lock);
	return status;
}

void launchers_stop(struct host *host)
{
	struct launchers *launchers = &host->launchers;
	uint64_t one = 1;
	pthread_mutex_lock(&launchers->lock);
	launchers->is_stopping = true;
	pthread_cond_broadcast(&launchers->wake);
	pthread_mutex_unlock(&launchers->lock);
	if (launchers->stop >= 0)
		SYSCALL(__NR_write, launchers->stop, &one, sizeof one);
	for (unsigned i = 0; i < launchers->count; i++)
		pthread_join(launchers->threads[i], NULL);
	launch_discard_all(launchers->requests.first);
	launch_queue_clear(&launchers->requests);
	if (launchers->stop >= 0)
		SYSCALL(__NR_close, launchers->stop);
	launchers->stop = -1;
}

void launch_discard_all(struct launch *launch)
{
	while (launch != NULL) {
		struct launch *next = launch->next;
		kernel_discard(&launch->spawned);
		free(launch);
		launch = next;
	}
}

static bool set_int(napi_env env, napi_value object, const char *name, int value)
{
	napi_value number = make_number(env, value);
	if (number == NULL)
		return false;
	TRY(env, napi_set_named_property(env, object, name, number));
	return true;
}

static bool resolve(napi_env env, napi_deferred deferred, const struct spawned *spawned)
{
	napi_value object, call;
	TRY(env, napi_create_object(env, &object));
	TRY(env, napi_create_string_utf8(env, spawned->call, NAPI_AUTO_LENGTH, &call));
	if (!set_int(env, object, "errno", spawned->error))
		return false;
	TRY(env, napi_set_named_property(env, object, "syscall", call));
	if (!set_int(env, object, "pid", spawned->pid) || !set_int(env, object, "pidfd", spawned->pidfd))
		return false;
	if (!set_int(env, object, "socket", spawned->socket))
		return false;
	TRY(env, napi_resolve_deferred(env, deferred, object));
	return true;
}

void launch_settle_all(struct host *host, struct launch *launch)
{
	while (launch != NULL) {
		struct launch *next = launch->next;
		mailbox_settled(host);
		if (!resolve(host->env, launch->deferred, &launch->spawned))
			kernel_discard(&launch->spawned);
		free(launch);
		launch = next;
	}
}

static bool read_named_int(napi_env env, napi_value object, const char *name, int *result)
{
	napi_value value;
	TRY(env, napi_get_named_property(env, object, name, &value));
	return read_int(env, value, name, result);
}

/* A copy of the request; NULL with an exception pending. */
static struct launch *read_launch(napi_env env, napi_value object)
{
	struct spawn_request request = {.cancel = -1};
	int flags, descriptors[KERNEL_MAX_DESCRIPTORS];
	napi_value program, list;
	napi_valuetype type;
	struct bytes bytes = {NULL, 0};
	if (!read_named_int(env, object, "flags", &flags))
		return NULL;
	if (!read_named_int(env, object, "cgroup", &request.cgroup))
		return NULL;
	if (!read_named_int(env, object, "pidNamespace", &request.pid_namespace))
		return NULL;
	request.flags = (unsigned)flags;
	TRY(env, napi_get_named_property(env, object, "program", &program));
	TRY(env, napi_get_named_property(env, object, "descriptors", &list));
	if (!read_ints(env, list, "descriptors", descriptors, KERNEL_MAX_DESCRIPTORS,
		       &request.descriptor_count))
		return NULL;
	TRY(env, napi_typeof(env, program, &type));
	if (type != napi_null && !read_bytes(env, program, "program", &bytes))
		return NULL;
	/* A copy, as JavaScript may write to the bytes, or give the memory away, while a launcher reads. */
	struct launch *launch = malloc(sizeof *launch + bytes.length);
	if (launch == NULL)
		TRY(env, napi_generic_failure);
	*launch = (struct launch){.request = request, .spawned = {0, "", -1, -1, -1}};
	memcpy(launch->descriptors, descriptors, sizeof descriptors);
	if (bytes.length > 0)
		memcpy(launch->program, bytes.data, bytes.length);
	launch->request.descriptors = launch->descriptors;
	launch->request.program = launch->program;
	launch->request.program_length = bytes.length;
	return launch;
}

napi_value kernel_js_spawn(napi_env env, napi_callback_info info)
{
	napi_value object, promise;
	size_t count = 1;
	struct host *host = host_of(env);
	if (host == NULL || !host_start(host))
		return NULL;
	TRY(env, napi_get_cb_info(env, info, &count, &object, NULL, NULL));
	struct launch *launch = read_launch(env, object);
	if (launch == NULL)
		return NULL;
	napi_status created = napi_create_promise(env, &launch->deferred, &promise);
	if (created != napi_ok)
		free(launch);
	TRY(env, created);
	mailbox_expect(host);
	int status = submit(host, launch);
	if (status < 0) {
		/* A thread is a clone3, too; and an eventfd fails as a socketpair would. */
		launch->spawned = (struct spawned){-status, "clone3", -1, -1, -1};
		launch_settle_all(host, launch);
	}
	return promise;
}
