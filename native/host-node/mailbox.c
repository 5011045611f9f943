/* Owns the one way from our threads back to JavaScript: a thread-safe function that is called once for all
   that is ready, and that keeps the loop alive only while a promise is pending. */

#include "host.h"

/* On JavaScript's thread. `env` is NULL when the function is called only to be emptied. */
static void deliver_all(napi_env env, napi_value function, void *context, void *data)
{
	struct host *host = context;
	struct mailbox *mailbox = &host->mailbox;
	(void)function;
	(void)data;
	if (env == NULL)
		return;
	pthread_mutex_lock(&mailbox->lock);
	struct launch *done = mailbox->done.first;
	launch_queue_clear(&mailbox->done);
	mailbox->is_rung = false;
	pthread_mutex_unlock(&mailbox->lock);
	launch_settle_all(host, done);
	launchers_mend(host);
	reactor_drain(host);
}

/* The engine lets go of the function: after this, it must not be called. */
static void forget_function(napi_env env, void *data, void *context)
{
	struct host *host = data;
	(void)env;
	(void)context;
	pthread_mutex_lock(&host->mailbox.lock);
	host->mailbox.is_open = false;
	pthread_mutex_unlock(&host->mailbox.lock);
	host_release(host);
}

bool mailbox_open(struct host *host)
{
	struct mailbox *mailbox = &host->mailbox;
	napi_env env = host->env;
	napi_value name;
	TRY(env, napi_create_string_utf8(env, "libcontainer", NAPI_AUTO_LENGTH, &name));
	TRY(env, napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, host, forget_function, host,
						 deliver_all, &mailbox->function));
	host->references++;
	mailbox->is_open = true;
	TRY(env, napi_unref_threadsafe_function(env, mailbox->function));
	return true;
}

/* Preconditions: our threads have ended. */
void mailbox_close(struct host *host)
{
	struct mailbox *mailbox = &host->mailbox;
	bool was_open = mailbox->is_open;
	mailbox->is_open = false;
	launch_discard_all(mailbox->done.first);
	launch_queue_clear(&mailbox->done);
	if (was_open)
		napi_release_threadsafe_function(mailbox->function, napi_tsfn_abort);
}

void mailbox_expect(struct host *host)
{
	if (host->mailbox.pending++ == 0)
		napi_ref_threadsafe_function(host->env, host->mailbox.function);
}

void mailbox_settled(struct host *host)
{
	if (--host->mailbox.pending == 0)
		napi_unref_threadsafe_function(host->env, host->mailbox.function);
}

/* Preconditions: the lock is held. It stays held over the call, so that the function cannot go away. */
static void ring(struct mailbox *mailbox)
{
	if (mailbox->is_rung || !mailbox->is_open)
		return;
	mailbox->is_rung =
		napi_call_threadsafe_function(mailbox->function, NULL, napi_tsfn_nonblocking) == napi_ok;
}

void mailbox_ring(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	ring(mailbox);
	pthread_mutex_unlock(&mailbox->lock);
}

void mailbox_deliver(struct mailbox *mailbox, struct launch *launch)
{
	pthread_mutex_lock(&mailbox->lock);
	launch_queue_push(&mailbox->done, launch);
	ring(mailbox);
	pthread_mutex_unlock(&mailbox->lock);
}
