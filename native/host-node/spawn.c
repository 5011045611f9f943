/* Owns `spawn` for JavaScript: a request becomes a copy that the launchers can read, a result becomes an
   object. What nobody can be told of any more is ended and reaped. */

#include "host.h"

#include <stdlib.h>
#include <string.h>

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

void launch_refuse_all(struct host *host, struct launch *launch, int status)
{
	/* What failed is a thread, which is a clone3, too. */
	for (struct launch *each = launch; each != NULL; each = each->next)
		each->spawned = (struct spawned){-status, "clone3", -1, -1, -1};
	launch_settle_all(host, launch);
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
	int status = launchers_submit(host, launch);
	if (status < 0)
		launch_refuse_all(host, launch, status);
	return promise;
}
