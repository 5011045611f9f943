/* Owns who waits for which descriptor: an epoll instance and the waiter of each descriptor in it. A
   descriptor leaves epoll before its waiter is told and before it is closed: while another child is between
   clone and exec it holds a copy of every open file, and the close of a file that is still in epoll would not
   take it out. */

#include "kernel.h"
#include "../init/syscall.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define KNOWN_EVENTS (EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP)
#define BATCH 64

struct poll_entry {
	void *waiter; /* NULL: nobody waits */
	uint32_t generation;
};

int poll_table_open(struct poll_table *table)
{
	*table = (struct poll_table){.epoll = -1};
	long epoll = SYSCALL(__NR_epoll_create1, EPOLL_CLOEXEC);
	if (epoll >= 0)
		table->epoll = (int)epoll;
	return epoll < 0 ? (int)epoll : 0;
}

void poll_table_close(struct poll_table *table)
{
	if (table->epoll >= 0)
		SYSCALL(__NR_close, table->epoll);
	free(table->entries);
	*table = (struct poll_table){.epoll = -1};
}

static int make_room(struct poll_table *table, size_t fd)
{
	if (fd < table->capacity)
		return 0;
	size_t capacity = (fd + 1) * 2;
	struct poll_entry *entries = realloc(table->entries, capacity * sizeof *entries);
	if (entries == NULL)
		return -ENOMEM;
	memset(entries + table->capacity, 0, (capacity - table->capacity) * sizeof *entries);
	table->entries = entries;
	table->capacity = capacity;
	return 0;
}

int poll_table_add(struct poll_table *table, int fd, int events, void *waiter)
{
	if ((events & ~KNOWN_EVENTS) != 0)
		return -EINVAL;
	if (fd >= 0 && (size_t)fd < table->capacity && table->entries[fd].waiter != NULL)
		return -EEXIST;
	uint32_t generation = ++table->generation;
	struct epoll_event event = {
		.events = (uint32_t)events | EPOLLONESHOT,
		.data.u64 = (uint64_t)generation << 32 | (uint32_t)fd,
	};
	/* First the kernel, which knows whether there is such a descriptor, then the room for it. */
	long status = SYSCALL(__NR_epoll_ctl, table->epoll, EPOLL_CTL_ADD, fd, &event);
	if (status == 0)
		status = make_room(table, (size_t)fd);
	if (status < 0) {
		if (status == -ENOMEM)
			SYSCALL(__NR_epoll_ctl, table->epoll, EPOLL_CTL_DEL, fd, &event);
		return (int)status;
	}
	table->entries[fd] = (struct poll_entry){.waiter = waiter, .generation = generation};
	return 0;
}

void *poll_table_remove(struct poll_table *table, int fd)
{
	if (fd < 0 || (size_t)fd >= table->capacity)
		return NULL;
	void *waiter = table->entries[fd].waiter;
	if (waiter == NULL)
		return NULL;
	struct epoll_event unused = {0};
	SYSCALL(__NR_epoll_ctl, table->epoll, EPOLL_CTL_DEL, fd, &unused);
	table->entries[fd].waiter = NULL;
	return waiter;
}

int poll_table_take(struct poll_table *table, int timeout_ms, struct poll_ready *ready, int count)
{
	struct epoll_event events[BATCH];
	long fired = SYSCALL(__NR_epoll_pwait, table->epoll, events, count < BATCH ? count : BATCH,
			     timeout_ms, NULL, 0);
	if (fired < 0)
		return (int)fired;
	int taken = 0;
	for (long i = 0; i < fired; i++) {
		int fd = (int)(uint32_t)events[i].data.u64;
		uint32_t generation = (uint32_t)(events[i].data.u64 >> 32);
		/* An earlier file under this number, closed while it was polled: it fires once, and nobody
		   waits for it. */
		if ((size_t)fd >= table->capacity || table->entries[fd].generation != generation)
			continue;
		void *waiter = poll_table_remove(table, fd);
		if (waiter != NULL)
			ready[taken++] =
				(struct poll_ready){.waiter = waiter, .events = (int)events[i].events};
	}
	return taken;
}
