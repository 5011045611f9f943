/* Owns the interface of the C core that both hosts (host-node, host-quickjs) put JavaScript over:
   src/system/kernel.ts in C. It knows no engine and no container, holds no policy, and every descriptor that
   it returns is close-on-exec. A status is 0 or more for success, else the negated errno; no function touches
   errno on behalf of its caller. */

#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define KERNEL_ARCH "x86_64"
#else
#define KERNEL_ARCH "aarch64"
#endif

/* SCM_MAX_FD of net/core/scm.c: one message carries no more descriptors. */
#define KERNEL_MAX_DESCRIPTORS 253

/* ---- file.c ---- */

struct file_content {
	uint8_t *bytes; /* `small`, or heap */
	size_t length;
	uint8_t small[8192]; /* most files of /proc, /sys and cgroups fit: no allocation */
};

/* The whole of a file of at most `limit` bytes (else -EFBIG). After success: file_content_free. */
int kernel_read_file(int directory, const char *path, int flags, size_t limit, struct file_content *content);
void file_content_free(struct file_content *content);

/* Opens for writing, writes all in one write (a short one is -EIO), closes. */
int kernel_write_file(int directory, const char *path, int flags, const void *bytes, size_t length);

/* ---- socket.c ---- */

/* sendmsg without waiting and without SIGPIPE; the descriptors are borrowed and go with the first byte. */
long kernel_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);

/* recvmsg without waiting. All `count` places of `descriptors` are written: a received descriptor, which the
   caller owns, or -1. When the peer sent more than there is room for, all are closed and the result is
   -EMSGSIZE. */
long kernel_receive(int socket, void *bytes, size_t length, int *descriptors, size_t count);

/* ---- image.c ---- */

/* The sealed memfd that holds init: made once per process, at the first call, and kept. Borrowed; always
   above 3. */
int kernel_init_image(void);
/* Puts a new image in the place of one that somebody spoiled, under the same number: 0 or a negated errno. */
int kernel_renew_init_image(void);

/* ---- spawn.c ---- */

/* A child from the clone to its exec. It shares the memory of its parent, and writes `error` and `call` before it ends. */
struct child {
	int socket;
	int image;
	bool new_user_namespace;
	int unshares; /* CLONE_NEW* that it makes itself */
	volatile int error;
	const char *volatile call;
	volatile int holds_memory; /* the kernel sets it to 0, and wakes who waits for that (CLONE_CHILD_CLEARTID) */
};

/* What a thread keeps to spawn with. One thread only; it may not be moved to another. */
struct spawner {
	uint8_t *stack; /* the child's, above a guard page */
	struct child child;
	int socket;    /* the parent's end of its control socket; -1 without a child */
	int pid_namespace; /* the thread's own pid_for_children; -1 until it is first needed */
	bool unusable; /* the thread could not go back to its own pid namespace: it must not spawn again */
};

struct spawn_request {
	uint64_t flags;         /* CLONE_NEW* only */
	int cgroup;             /* borrowed; -1 for none */
	int pid_namespace;      /* borrowed; -1 for none */
	const uint8_t *program; /* borrowed; sent at once when program_length is not 0 */
	size_t program_length;
	const int *descriptors; /* borrowed; go with the program */
	size_t descriptor_count;
	int cancel; /* readable when the sending shall be given up (-ECANCELED); -1 for none. Borrowed */
};

struct spawned {
	int error; /* 0 or the errno */
	const char *call;
	int pid;
	int pidfd;  /* owned by the caller */
	int socket; /* owned by the caller */
};

int kernel_spawner_open(struct spawner *spawner);
void kernel_spawner_close(struct spawner *spawner);
/* Both steps at once. */
void kernel_spawn(struct spawner *spawner, const struct spawn_request *request, struct spawned *spawned);
/* The clone. The child goes on to its exec by itself; no other one can be made before kernel_spawn_finish. */
void kernel_spawn_begin(struct spawner *spawner, const struct spawn_request *request, struct spawned *spawned);
/* Waits for the exec, and sends the program. Preconditions: what kernel_spawn_begin was given, and has set. */
void kernel_spawn_finish(struct spawner *spawner, const struct spawn_request *request,
			 struct spawned *spawned);

/* Ends a process that nobody will ever ask for: kills, reaps, and closes its descriptors. */
void kernel_discard(struct spawned *spawned);

/* ---- poll-table.c ---- */

/* Who waits for which descriptor. One thread owns a table; `epoll` itself may be waited on by another one. */
struct poll_table {
	int epoll; /* readable when poll_table_take has something to give */
	struct poll_entry *entries;
	size_t capacity;
	uint32_t generation;
};

struct poll_ready {
	void *waiter;
	int events;
};

int poll_table_open(struct poll_table *table);
void poll_table_close(struct poll_table *table);

/* -EPERM when the descriptor cannot be polled, -EEXIST when it is already, -EINVAL for unknown events. */
int poll_table_add(struct poll_table *table, int fd, int events, void *waiter);

/* The waiter of a descriptor, which waits no longer; NULL when there was none. */
void *poll_table_remove(struct poll_table *table, int fd);

/* What became ready, each of it removed first: at most `count`. Returns how many, or the negated errno. */
int poll_table_take(struct poll_table *table, int timeout_ms, struct poll_ready *ready, int count);

#endif
