/* Owns the start of init: clone3 straight into the sealed image. Between clone and exec the child shares the
   memory of a process with many threads, so it makes raw system calls and nothing else: it allocates nothing,
   locks nothing, and writes only to its own stack and to the struct child of its parent. The parent need not
   stand still meanwhile, as after vfork; the stack and the struct are the spawner's, until the child has left. */

#include "kernel.h"
#include "../init/syscall.h"
#include "../protocol/ops.gen.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define STACK_SIZE (64u << 10)
#define GUARD_SIZE (64u << 10) /* a page, whatever its size: arm64 has pages of 64 KiB */
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
	 CLONE_NEWCGROUP | CLONE_NEWTIME)
/* They take the kernel longer than all the rest of a clone, and a process can make them for itself as well: beside its
   parent. Those of pids and time it could only make for its children, that of cgroups would have another root. */
#define UNSHARED (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET)
#define SIGNAL_SET_SIZE 8 /* of the kernel; the sigset_t of libc is larger */
/* The child is on a stack, and in a process, that the sanitizers know nothing of. */
#define IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

long spawn_clone3(struct clone_args *args, size_t size, int (*child)(void *), void *argument);

IN_CHILD static int child_failed(struct child *child, const char *call, long status)
{
	child->error = (int)-status;
	child->call = call;
	return 127;
}

/* A new user namespace maps no ids yet, so init is nobody in it, and an execve as nobody would lose the
   capabilities that the clone gave. Ambient ones stay; init clears them with its last identity. */
IN_CHILD static long keep_capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	long status = SYSCALL(__NR_capget, &header, data);
	if (status < 0)
		return status;
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].inheritable = data[i].permitted;
	status = SYSCALL(__NR_capset, &header, data);
	for (unsigned long cap = 0; status == 0; cap++)
		status = SYSCALL(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return status == -EINVAL ? 0 : status; /* beyond the last capability */
}

/* Preconditions: a new process on the spawner's stack, with descriptors of its own, and all signals blocked. */
IN_CHILD static int run_child(void *argument)
{
	struct child *child = argument;
	static const int targets[] = {CONTROL_FD, 0, 1, 2};
	for (unsigned i = 0; i < sizeof targets / sizeof *targets; i++) {
		/* dup3 refuses equal numbers: there the socket stays, and only its close-on-exec goes. */
		long status = child->socket == targets[i] ? SYSCALL(__NR_fcntl, child->socket, F_SETFD, 0)
							  : SYSCALL(__NR_dup3, child->socket, targets[i], 0);
		if (status < 0)
			return child_failed(child, "dup3", status);
	}
	/* CVE-2024-21626: nothing that the host has open reaches init. The image is left out here and closes
	   on exec. */
	long status = 0;
	if (child->image > CONTROL_FD + 1)
		status = SYSCALL(__NR_close_range, CONTROL_FD + 1, (unsigned)child->image - 1, 0);
	if (status == 0)
		status = SYSCALL(__NR_close_range, (unsigned)child->image + 1, ~0u, 0);
	if (status < 0)
		return child_failed(child, "close_range", status);
	if (child->new_user_namespace && (status = keep_capabilities()) < 0)
		return child_failed(child, "capset", status);
	if (child->unshares != 0 && (status = SYSCALL(__NR_unshare, child->unshares)) < 0)
		return child_failed(child, "unshare", status);
	const char *argv[] = {"libcontainer:init", NULL};
	const char *envp[] = {NULL};
	status = SYSCALL(__NR_execveat, child->image, "", argv, envp, AT_EMPTY_PATH);
	return child_failed(child, "execveat", status);
}

/* A pid or the negated errno. When a child came to be, its pidfd is set, whether it lives or failed. */
static long clone_child(struct spawner *spawner, const struct spawn_request *request, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_CHILD_CLEARTID | CLONE_PIDFD | CLONE_CLEAR_SIGHAND |
			 (request->flags & ~(uint64_t)spawner->child.unshares),
		.pidfd = (uintptr_t)pidfd,
		.child_tid = (uintptr_t)&spawner->child.holds_memory,
		/* An exec sets SIGCHLD anyway (fs/exec.c); any other value would only make the children that
		   die before it need __WALL to be waited for. libuv and Bun wait for their own pids and pass
		   over ours. */
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)spawner->stack + GUARD_SIZE,
		.stack_size = STACK_SIZE,
	};
	if (request->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)request->cgroup;
	}
	/* A handler of the host that ran in the child would run in the host's memory. The raw call, because
	   libc does not block its own signals 32 and 33. */
	uint64_t all = ~(uint64_t)0, before;
	SYSCALL(__NR_rt_sigprocmask, SIG_SETMASK, &all, &before, SIGNAL_SET_SIZE);
	spawner->child.holds_memory = 1;
	long pid = spawn_clone3(&args, sizeof args, run_child, &spawner->child);
	if (pid < 0)
		spawner->child.holds_memory = 0;
	SYSCALL(__NR_rt_sigprocmask, SIG_SETMASK, &before, NULL, SIGNAL_SET_SIZE);
	return pid;
}

static int enter_pid_namespace(struct spawner *spawner, int pid_namespace)
{
	if (spawner->pid_namespace < 0) {
		long own = SYSCALL(__NR_openat, AT_FDCWD, "/proc/thread-self/ns/pid_for_children",
				   O_RDONLY | O_CLOEXEC);
		if (own < 0)
			return (int)own;
		spawner->pid_namespace = (int)own;
	}
	return (int)SYSCALL(__NR_setns, pid_namespace, CLONE_NEWPID);
}

static void leave_pid_namespace(struct spawner *spawner)
{
	if (SYSCALL(__NR_setns, spawner->pid_namespace, CLONE_NEWPID) < 0)
		spawner->unusable = true;
}

/* Waits until the socket takes bytes, as long as there is somebody to read them. */
static int wait_writable(const struct spawned *spawned, int cancel)
{
	struct pollfd polls[] = {
		{spawned->socket, POLLOUT, 0}, {spawned->pidfd, POLLIN, 0}, {cancel, POLLIN, 0}};
	long count = SYSCALL(__NR_ppoll, polls, 3, NULL, NULL, 0);
	if (count < 0)
		return count == -EINTR ? 0 : (int)count;
	if (polls[2].revents != 0)
		return -ECANCELED;
	/* Not the socket's end alone: another child, between clone and exec, may hold a copy of the other
	   side. */
	return polls[1].revents != 0 ? -EPIPE : 0;
}

static int send_program(const struct spawn_request *request, const struct spawned *spawned)
{
	size_t sent = 0;
	while (sent < request->program_length) {
		size_t descriptor_count = sent == 0 ? request->descriptor_count : 0;
		long status =
			kernel_send(spawned->socket, request->program + sent, request->program_length - sent,
				    request->descriptors, descriptor_count);
		if (status == -EAGAIN)
			status = wait_writable(spawned, request->cancel);
		if (status < 0)
			return (int)status;
		sent += (size_t)status;
	}
	return 0;
}

static void fail(struct spawned *spawned, const char *call, long status)
{
	*spawned =
		(struct spawned){.error = (int)-status, .call = call, .pid = -1, .pidfd = -1, .socket = -1};
}

/* Preconditions: spawner->child has its socket and its image. */
static void start_child(struct spawner *spawner, const struct spawn_request *request, struct spawned *spawned)
{
	bool joins = request->pid_namespace >= 0;
	if (joins) {
		int status = enter_pid_namespace(spawner, request->pid_namespace);
		if (status < 0)
			return fail(spawned, "setns", status);
	}
	int pidfd = -1;
	spawner->child.error = 0;
	long pid = clone_child(spawner, request, &pidfd);
	if (joins)
		leave_pid_namespace(spawner);
	if (pid < 0)
		return fail(spawned, "clone3", pid);
	*spawned = (struct spawned){.error = 0, .call = "", .pid = (int)pid, .pidfd = pidfd, .socket = -1};
}

/* Until it has executed the image, or is dead. */
static void wait_for_memory(struct child *child)
{
	while (child->holds_memory != 0)
		SYSCALL(__NR_futex, &child->holds_memory, FUTEX_WAIT, 1, NULL);
}

void kernel_spawn_begin(struct spawner *spawner, const struct spawn_request *request, struct spawned *spawned)
{
	spawner->socket = -1;
	if (spawner->unusable)
		return fail(spawned, "setns", -EIO);
	/* Any other flag would share more than memory with the child. */
	if ((request->flags & ~(uint64_t)NAMESPACES) != 0)
		return fail(spawned, "clone3", -EINVAL);
	int image = kernel_init_image();
	if (image < 0)
		return fail(spawned, "memfd_create", image);
	int sockets[2];
	long status = SYSCALL(__NR_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets);
	if (status < 0)
		return fail(spawned, "socketpair", status);
	SYSCALL(__NR_fcntl, sockets[0], F_SETFL, O_RDWR | O_NONBLOCK);
	bool is_user = (request->flags & CLONE_NEWUSER) != 0;
	spawner->child = (struct child){.socket = sockets[1],
					.image = image,
					.new_user_namespace = is_user,
					/* The others must belong to that of users. */
					.unshares = is_user ? 0 : (int)(request->flags & UNSHARED),
					.call = ""};
	spawner->socket = sockets[0];
	start_child(spawner, request, spawned);
}

/* What the child has said of its exec. Leaves no process behind when it failed. */
static void hear_child(struct spawner *spawner, struct spawned *spawned)
{
	wait_for_memory(&spawner->child);
	int error = spawner->child.error;
	if (error == 0)
		return;
	kernel_discard(spawned);
	fail(spawned, spawner->child.call, -error);
}

void kernel_spawn_finish(struct spawner *spawner, const struct spawn_request *request,
			 struct spawned *spawned)
{
	if (spawned->error == 0)
		hear_child(spawner, spawned);
	/* Who may trace init can hold its image open for writing. That changes no byte of it, but as long as they do,
	   the kernel executes it for nobody (execve(2), ETXTBSY). */
	if (spawned->error == ETXTBSY && kernel_renew_init_image() == 0) {
		start_child(spawner, request, spawned);
		if (spawned->error == 0)
			hear_child(spawner, spawned);
	}
	if (spawner->socket < 0)
		return;
	SYSCALL(__NR_close, spawner->child.socket);
	if (spawned->error != 0) {
		SYSCALL(__NR_close, spawner->socket);
		return;
	}
	spawned->socket = spawner->socket;
	long status = send_program(request, spawned);
	if (status == 0)
		return;
	kernel_discard(spawned);
	fail(spawned, "sendmsg", status);
}

void kernel_spawn(struct spawner *spawner, const struct spawn_request *request, struct spawned *spawned)
{
	kernel_spawn_begin(spawner, request, spawned);
	kernel_spawn_finish(spawner, request, spawned);
}

void kernel_discard(struct spawned *spawned)
{
	if (spawned->pidfd >= 0) {
		SYSCALL(__NR_pidfd_send_signal, spawned->pidfd, SIGKILL, NULL, 0);
		while (SYSCALL(__NR_waitid, P_PIDFD, spawned->pidfd, NULL, WEXITED | __WALL, NULL) == -EINTR)
			continue;
		SYSCALL(__NR_close, spawned->pidfd);
	}
	if (spawned->socket >= 0)
		SYSCALL(__NR_close, spawned->socket);
	spawned->pidfd = spawned->socket = -1;
}

int kernel_spawner_open(struct spawner *spawner)
{
	*spawner = (struct spawner){.stack = NULL, .socket = -1, .pid_namespace = -1, .unusable = false};
	long memory = SYSCALL(__NR_mmap, NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (memory < 0 && memory > -4096)
		return (int)memory;
	/* A guard below: an overflow must end the child, not write to what the parent has there. */
	long status = SYSCALL(__NR_mprotect, memory, GUARD_SIZE, PROT_NONE);
	spawner->stack = (uint8_t *)memory;
	if (status < 0)
		kernel_spawner_close(spawner);
	return (int)status;
}

void kernel_spawner_close(struct spawner *spawner)
{
	if (spawner->stack != NULL)
		SYSCALL(__NR_munmap, spawner->stack, GUARD_SIZE + STACK_SIZE);
	if (spawner->pid_namespace >= 0)
		SYSCALL(__NR_close, spawner->pid_namespace);
	*spawner = (struct spawner){.stack = NULL, .socket = -1, .pid_namespace = -1, .unusable = true};
}
