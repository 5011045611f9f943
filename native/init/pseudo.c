/* Owns the ops that are not system calls. Each returns like one: a result, or a negated errno. What decode.c
   checked is taken for granted: an address is inside, a width is known, a table ends with NULL. */

#include "init.h"
#include "syscall.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* asm/signal.h, which no other header of signals can stand beside. */
#define SA_RESTORER 0x04000000

/* Waits for the parent's word. A parent that is gone or says anything else ends init without a sound. */
static long run_gate(const struct machine *machine, uint32_t index, uint32_t id)
{
	const struct message message = { .kind = MESSAGE_GATE, .op = op_number(machine, index), .value = id };
	const long sent = send_message(machine, &message, -1);
	uint8_t word = 0;

	if (sent < 0)
		return sent;
	if (read_bytes((long)machine->slots[CONTROL_SLOT], &word, 1) != 1 || word != GATE_GO)
		quit(EXIT_FAILED);
	return 0;
}

static long run_return(const struct machine *machine, uint32_t index, const uint64_t args[6])
{
	const struct op *op = &machine->program.ops[index];
	const uint64_t there = op->kinds[2] == ARG_DATA ? machine->program.data_size - op->args[2] : 0;
	const uint64_t length = args[3];
	const struct message message = {
		.kind = MESSAGE_RETURN,
		.op = op_number(machine, index),
		.value = args[0],
		.length = length,
	};

	/* A length often is an earlier result, so only now it is known. */
	if (length > MAX_RETURN || length > there)
		return -EFBIG;
	const long sent = send_message(machine, &message, (int)args[1]);
	return sent < 0 ? sent : send_bytes(machine, (const void *)args[2], length);
}

static long run_started(const struct machine *machine, uint32_t index)
{
	const struct message message = { .kind = MESSAGE_STARTED, .op = index };

	return send_message(machine, &message, -1);
}

/* In the new process: does nothing until the original has announced it. */
static long await_announcement(const int announced[2])
{
	uint8_t word = 0;

	SYSCALL(__NR_close, announced[1]);
	if (read_bytes(announced[0], &word, 1) != 1)
		quit(EXIT_FAILED);
	SYSCALL(__NR_close, announced[0]);
	/* CVE-2016-9962, again: the copy holds the same descriptors. */
	return SYSCALL(__NR_prctl, PR_SET_DUMPABLE, 0);
}

/* The new process is a sibling, so that the parent can wait for it. Both share the control socket: the new
   one is held back by a pipe until MESSAGE_FORK is sent, so the parent knows its pid and has its pidfd before
   anything that the new one says, and if the original is killed before that, the new one ends too. */
static long run_fork(const struct machine *machine, uint32_t index)
{
	int announced[2];
	int pidfd = -1;
	struct clone_args clone = { .flags = CLONE_PARENT | CLONE_PIDFD, .pidfd = (uint64_t)&pidfd };
	long pid = SYSCALL(__NR_pipe2, announced, O_CLOEXEC);

	if (pid < 0)
		return pid;
	/* exit_signal stays 0: with CLONE_PARENT the kernel takes the original's, and any other is EINVAL. */
	pid = SYSCALL(__NR_clone3, &clone, sizeof clone);
	if (pid == 0)
		return await_announcement(announced);
	if (pid > 0) {
		const struct message message = { .kind = MESSAGE_FORK, .op = op_number(machine, index), .value = pid };
		const long sent = send_message(machine, &message, pidfd);

		if (sent < 0)
			fault(machine, index, -sent);
		SYSCALL(__NR_write, announced[1], "", 1);
		quit(EXIT_GIVEN_UP);
	}
	SYSCALL(__NR_close, announced[0]);
	SYSCALL(__NR_close, announced[1]);
	return pid;
}

/* A filter that is older than a call refuses it so; files do not. */
static bool is_refused(long result)
{
	return result == -ENOSYS || result == -EPERM;
}

/* Whether a path can be executed, with the rights in force: 0 or a negated errno. A seccomp filter may be in force
   already, and not know the newer calls; faccessat(2) it knows, which differs for privileged users other than root. */
static long check_executable(uint64_t path)
{
	struct statx facts;
	const long found = SYSCALL(__NR_statx, AT_FDCWD, path, 0, STATX_TYPE, &facts);
	long allowed;

	if (found < 0 && !is_refused(found))
		return found;
	if (found == 0 && (facts.stx_mode & S_IFMT) != S_IFREG)
		return -EACCES;
	allowed = SYSCALL(__NR_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS);
	return is_refused(allowed) ? SYSCALL(__NR_faccessat, AT_FDCWD, path, X_OK) : allowed;
}

static long run_lookup(const uint64_t *paths, uint64_t count)
{
	long failure = -ENOENT;

	for (uint64_t i = 0; i < count; i++) {
		const long result = check_executable(paths[i]);

		switch (-result) {
		case 0:
			return (long)paths[i];
		case EACCES:
			failure = -EACCES;
			break;
		case ENOENT:
		case ENOTDIR:
		case ELOOP:
		case ENAMETOOLONG:
			break;
		default:
			return result;
		}
	}
	return failure;
}

static uint64_t read_number(const uint8_t *number, uint64_t width)
{
	uint64_t found = 0;

	for (uint64_t i = 0; i < width; i++)
		found |= (uint64_t)number[i] << (8 * i);
	return found;
}

static long run_expect(const uint8_t *number, uint64_t width, uint64_t mask, uint64_t value, long error)
{
	return (read_number(number, width) & mask) == value ? 0 : -error;
}

/* `args` behind the number: mask, value, one, other. */
static long run_pick(const uint8_t *number, uint64_t width, const uint64_t args[4])
{
	return (long)((read_number(number, width) & args[0]) == args[1] ? args[2] : args[3]);
}

static long run_store(uint8_t *number, uint64_t width, uint64_t value)
{
	for (uint64_t i = 0; i < width; i++)
		number[i] = (uint8_t)(value >> (8 * i));
	return 0;
}

static long run_bounding(uint64_t keep)
{
	for (int capability = 0; capability < 64; capability++) {
		if (keep >> capability & 1)
			continue;
		const long dropped = SYSCALL(__NR_prctl, PR_CAPBSET_DROP, capability);
		if (dropped >= 0)
			continue;
		/* Who has no right to drop is refused before it is asked which; there may be nothing to drop. */
		const long held = dropped == -EPERM ? SYSCALL(__NR_prctl, PR_CAPBSET_READ, capability) : dropped;
		/* Behind the last one that the kernel knows. */
		if (held == -EINVAL)
			break;
		if (held != 0)
			return dropped;
	}
	return 0;
}

/* The parent that started this process may be gone for long when another one lets it go on. Whoever connects and
   ends before it said so must not end the container: the next one may come. */
static long run_await(struct machine *machine, long listener)
{
	SYSCALL(__NR_close, machine->slots[CONTROL_SLOT]);
	machine->slots[CONTROL_SLOT] = (uint64_t)-1;
	for (;;) {
		const long peer = SYSCALL(__NR_accept4, listener, 0, 0, SOCK_CLOEXEC);
		uint8_t word = 0;

		if (peer == -EINTR || peer == -ECONNABORTED)
			continue;
		if (peer < 0)
			return peer;
		if (read_bytes(peer, &word, 1) == 1 && word == GATE_GO) {
			machine->slots[CONTROL_SLOT] = (uint64_t)peer;
			return 0;
		}
		SYSCALL(__NR_close, peer);
	}
}

/* Both go on with the op's result, and the plan has them go different ways. clone, not clone3: the seccomp filter of
   the container may hold by now, and those in use refuse clone3 so that a libc tries clone. The copy is not
   dumpable either (CVE-2016-9962): that goes with the memory. */
static long run_child(void)
{
	const long pid = SYSCALL(__NR_clone, SIGCHLD, 0, 0, 0, 0);

	return pid == 0 ? -ECHILD : pid;
}

/* Behind the last text nothing is repeated any more, and the error skips it. */
static long run_each(struct machine *machine, uint32_t index, const uint64_t *texts, uint64_t count)
{
	struct repeat *repeat = &machine->repeat;

	if (repeat->end == 0)
		*repeat = (struct repeat){ .begin = index, .end = index + 1 + machine->program.ops[index].skip };
	else
		repeat->round++;
	if (repeat->round < count)
		return (long)texts[repeat->round];
	*repeat = (struct repeat){ 0 };
	return -ENODATA;
}

/* The default action is in force again here. It is not taken for process 1 of a pid namespace, which ends by itself. */
static void end_by_signal(int signal)
{
	SYSCALL(__NR_kill, SYSCALL(__NR_getpid), signal);
	quit(EXIT_SIGNALED + signal);
}

/* A handler takes no memory until it is called, and execve takes it away. The kernel wants to know how it returns,
   which it does not. */
static long run_mortal(uint64_t signals)
{
	const struct {
		void (*handler)(int);
		uint64_t flags;
		void (*restorer)(int);
		uint64_t mask;
	} action = { end_by_signal, SA_RESETHAND | SA_NODEFER | SA_RESTORER, end_by_signal, 0 };

	for (int signal = 1; signal <= 64; signal++) {
		if (!(signals >> (signal - 1) & 1))
			continue;
		const long result = SYSCALL(__NR_rt_sigaction, signal, &action, 0, sizeof action.mask);
		if (result < 0)
			return result;
	}
	return 0;
}

long run_pseudo(struct machine *machine, uint32_t index, const uint64_t args[6])
{
	switch (machine->program.ops[index].nr) {
	case PSEUDO_GATE:
		return run_gate(machine, index, args[0]);
	case PSEUDO_RETURN:
		return run_return(machine, index, args);
	case PSEUDO_STARTED:
		return run_started(machine, index);
	case PSEUDO_FORK:
		return run_fork(machine, index);
	case PSEUDO_EXECVE:
		return SYSCALL(__NR_execve, args[0], args[1], args[3]);
	case PSEUDO_LOOKUP:
		return run_lookup((const uint64_t *)args[0], args[1]);
	case PSEUDO_EXPECT:
		return run_expect((const uint8_t *)args[0], args[1], args[2], args[3], (long)args[4]);
	case PSEUDO_STORE:
		return run_store((uint8_t *)args[0], args[1], args[2]);
	case PSEUDO_LOAD:
		return (long)((read_number((const uint8_t *)args[0], args[1]) & args[2]) | args[3]);
	case PSEUDO_PICK:
		return run_pick((const uint8_t *)args[0], args[1], args + 2);
	case PSEUDO_EACH:
		return run_each(machine, index, (const uint64_t *)args[0], args[1]);
	case PSEUDO_BOUNDING:
		return run_bounding(args[0]);
	case PSEUDO_AWAIT:
		return run_await(machine, (long)args[0]);
	case PSEUDO_CHILD:
		return run_child();
	case PSEUDO_MORTAL:
		return run_mortal(args[0]);
	default:
		return -EPROTO;
	}
}
