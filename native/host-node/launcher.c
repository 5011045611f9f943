/* Owns the threads on which a child is waited for from its clone to its exec, so that it never blocks JavaScript, and the
   queue of requests that they serve. It knows of JavaScript only whom to tell. */

#include "host.h"
#include "../init/syscall.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

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

static void become_idle(struct launchers *launchers)
{
	pthread_mutex_lock(&launchers->lock);
	launchers->idle++;
	pthread_mutex_unlock(&launchers->lock);
}

static void retire(struct launcher *launcher)
{
	pthread_mutex_lock(&launcher->host->launchers.lock);
	launcher->is_retired = true;
	pthread_mutex_unlock(&launcher->host->launchers.lock);
}

static void *run_launcher(void *argument)
{
	struct launcher *launcher = argument;
	struct host *host = launcher->host;
	struct launch *launch;
	struct spawner spawner;
	host_name_thread("lc-launcher");
	int status = kernel_spawner_open(&spawner);
	become_idle(&host->launchers);
	do {
		launch = take_request(&host->launchers);
		if (launch == NULL)
			break;
		if (status == 0)
			kernel_spawn(&spawner, &launch->request, &launch->spawned);
		else
			launch->spawned = (struct spawned){-status, "mmap", -1, -1, -1};
		/* Before JavaScript hears of it, so that it finds who has to be replaced, and needs no other one. */
		if (spawner.unusable)
			retire(launcher);
		else
			become_idle(&host->launchers);
		mailbox_deliver(&host->mailbox, launch);
	} while (!spawner.unusable);
	kernel_spawner_close(&spawner);
	return NULL;
}

/* One launcher more, if there is a place for it. Fails only when there is none at all.
   Preconditions: the lock is held; JavaScript's thread, as a new thread has the pid namespace for children of
   the one that made it, and that of a retired launcher is wrong. */
static int add_launcher(struct host *host)
{
	unsigned working = 0;
	struct launcher *place = NULL;
	for (unsigned i = 0; i < MAX_LAUNCHERS; i++) {
		struct launcher *launcher = &host->launchers.all[i];
		if (launcher->is_retired) {
			pthread_join(launcher->thread, NULL);
			*launcher = (struct launcher){.host = host};
		}
		if (launcher->exists)
			working++;
		else
			place = launcher;
	}
	if (place == NULL)
		return 0;
	place->host = host;
	int status = host_thread(&place->thread, run_launcher, place);
	place->exists = status == 0;
	return working > 0 ? 0 : status;
}

int launchers_submit(struct host *host, struct launch *launch)
{
	struct launchers *launchers = &host->launchers;
	if (launchers->stop < 0)
		launchers->stop = (int)SYSCALL(__NR_eventfd2, 0, EFD_CLOEXEC);
	if (launchers->stop < 0)
		return launchers->stop;
	launch->request.cancel = launchers->stop;
	int status = 0;
	pthread_mutex_lock(&launchers->lock);
	if (launchers->waiting >= launchers->idle)
		status = add_launcher(host);
	if (status == 0) {
		launch_queue_push(&launchers->requests, launch);
		launchers->waiting++;
		pthread_cond_signal(&launchers->wake);
	}
	pthread_mutex_unlock(&launchers->lock);
	return status;
}

void launchers_mend(struct host *host)
{
	struct launchers *launchers = &host->launchers;
	struct launch *refused = NULL;
	int status = 0;
	pthread_mutex_lock(&launchers->lock);
	if (launchers->waiting > launchers->idle)
		status = add_launcher(host);
	if (status < 0) {
		refused = launchers->requests.first;
		launch_queue_clear(&launchers->requests);
		launchers->waiting = 0;
	}
	pthread_mutex_unlock(&launchers->lock);
	launch_refuse_all(host, refused, status);
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
	for (unsigned i = 0; i < MAX_LAUNCHERS; i++)
		if (launchers->all[i].exists)
			pthread_join(launchers->all[i].thread, NULL);
	launch_discard_all(launchers->requests.first);
	launch_queue_clear(&launchers->requests);
	if (launchers->stop >= 0)
		SYSCALL(__NR_close, launchers->stop);
	launchers->stop = -1;
}
