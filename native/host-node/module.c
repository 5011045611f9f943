/* Owns the addon: its exports, the state of each environment that loads it, and the end of that state.
   Loading it starts nothing: threads and descriptors come with the first poll or spawn. */

#include "host.h"
#include "../init/syscall.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

void host_release(struct host *host)
{
	if (--host->references == 0)
		free(host);
}

static void forget_environment(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	host_release(data);
}

struct host *host_of(napi_env env)
{
	void *host = NULL;
	TRY(env, napi_get_instance_data(env, &host));
	return host;
}

int host_thread(pthread_t *thread, void *(*run)(void *), void *argument)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(thread, NULL, run, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

void host_name_thread(const char *name)
{
	SYSCALL(__NR_prctl, PR_SET_NAME, name);
}

/* The environment ends, perhaps in the middle of things: a worker is terminated, a process exits. */
static void stop(void *data)
{
	struct host *host = data;
	reactor_stop(&host->reactor);
	launchers_stop(host);
	mailbox_close(host);
}

bool host_start(struct host *host)
{
	if (host->is_started)
		return true;
	if (!mailbox_open(host))
		return false;
	/* Hooks run in reverse order: our threads end before the engine takes the mailbox's function away. */
	TRY(host->env, napi_add_env_cleanup_hook(host->env, stop, host));
	host->is_started = true;
	return true;
}

static struct host *create_host(napi_env env)
{
	struct host *host = calloc(1, sizeof *host);
	if (host == NULL)
		TRY(env, napi_generic_failure);
	host->env = env;
	host->references = 1;
	host->launchers.stop = -1;
	launch_queue_clear(&host->launchers.requests);
	launch_queue_clear(&host->mailbox.done);
	pthread_mutex_init(&host->mailbox.lock, NULL);
	pthread_mutex_init(&host->launchers.lock, NULL);
	pthread_cond_init(&host->launchers.wake, NULL);
	napi_status status = napi_set_instance_data(env, host, forget_environment, NULL);
	if (status != napi_ok)
		free(host);
	TRY(env, status);
	return host;
}

#define METHOD(name, function)                                                        \
	{                                                                             \
		name, NULL, function, NULL, NULL, NULL, napi_default_jsproperty, NULL \
	}

NAPI_MODULE_EXPORT int32_t node_api_module_get_api_version_v1(void)
{
	return NAPI_VERSION;
}

NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	if (create_host(env) == NULL)
		return NULL;
	napi_value arch;
	TRY(env, napi_create_string_utf8(env, KERNEL_ARCH, NAPI_AUTO_LENGTH, &arch));
	napi_property_descriptor properties[] = {
		{"arch", NULL, NULL, NULL, NULL, arch, napi_default_jsproperty, NULL},
		METHOD("call", kernel_js_call),
		METHOD("exec", kernel_js_exec),
		METHOD("readFile", kernel_js_read_file),
		METHOD("writeFile", kernel_js_write_file),
		METHOD("initImage", kernel_js_init_image),
		METHOD("send", kernel_js_send),
		METHOD("receive", kernel_js_receive),
		METHOD("spawn", kernel_js_spawn),
		METHOD("poll", kernel_js_poll),
		METHOD("unpoll", kernel_js_unpoll),
	};
	TRY(env, napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties));
	return exports;
}
