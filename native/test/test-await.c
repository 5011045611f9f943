/* Owns the tests of the pseudo-ops with which init waits for another parent, and can be ended meanwhile. */

#include "harness.h"
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* An abstract address that no other run has. */
static struct sockaddr_un await_address(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "libcontainer-await-%d", getpid());
	return address;
}

static struct child connect_to(const struct child *child, const struct sockaddr_un *address)
{
	const struct child again = { .pid = child->pid, .socket = socket(AF_UNIX, SOCK_STREAM, 0) };

	EXPECT(connect(again.socket, (const struct sockaddr *)address, sizeof *address) == 0);
	return again;
}

/* Listens at the address, says so, waits, and says how it went on. Its copies of the socket go first. */
static struct child start_waiting(const struct sockaddr_un *address)
{
	struct builder builder = new_program(0);
	const uint64_t at = put(&builder, address, sizeof *address);

	for (int copy = 0; copy < 3; copy++)
		ADD(&builder, SYS_close, VALUE(copy));
	store_in(ADD(&builder, SYS_socket, VALUE(AF_UNIX), VALUE(SOCK_STREAM), VALUE(0)), 1);
	ADD(&builder, SYS_bind, SLOT(1), DATA(at), VALUE(sizeof *address));
	ADD(&builder, SYS_listen, SLOT(1), VALUE(4));
	ADD(&builder, PSEUDO_STARTED);
	ADD(&builder, PSEUDO_AWAIT, SLOT(1));
	ADD(&builder, PSEUDO_STARTED);
	const struct child child = start_init();
	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_STARTED, 6, 0);
	EXPECT(!receive(&child).there);
	return child;
}

static void await_changes_the_parent(void)
{
	const struct sockaddr_un address = await_address();
	const struct child child = start_waiting(&address);
	const uint8_t wrong = GATE_GO + 1;
	const uint8_t go = GATE_GO;

	close(connect_to(&child, &address).socket);
	const struct child confused = connect_to(&child, &address);
	send_bytes(&confused, &wrong, 1);
	EXPECT(!receive(&confused).there);
	const struct child parent = connect_to(&child, &address);
	send_bytes(&parent, &go, 1);
	EXPECT_MESSAGE(&parent, MESSAGE_STARTED, 8, 0);
	EXPECT_MESSAGE(&parent, MESSAGE_FAULT, NO_OP, EPROTO);
	EXPECT_END(&parent, EXIT_FAILED);
}

static void await_fails_like_any_op(void)
{
	struct builder builder = new_program(0);

	ADD(&builder, PSEUDO_AWAIT, VALUE(1000));
	const struct child child = start_init();
	send_program(&child, &builder);
	/* Nobody is there to be told. */
	EXPECT_END(&child, EXIT_FAILED);
}

/* How a program that is mortal for SIGTERM and SIGSEGV ends by a signal: the exit status, or the negated signal. */
static void expect_mortal(bool in_pid_namespace, int signal, int status)
{
	struct builder builder = new_program(0);

	if (in_pid_namespace) {
		ADD(&builder, SYS_unshare, VALUE(CLONE_NEWPID));
		ADD(&builder, PSEUDO_FORK, VALUE(1));
	}
	ADD(&builder, PSEUDO_MORTAL, VALUE(1 << (SIGTERM - 1) | 1 << (SIGSEGV - 1)));
	ADD(&builder, PSEUDO_GATE, VALUE(7));
	const struct child child = start_init();
	send_program(&child, &builder);
	struct child mortal = child;
	if (in_pid_namespace) {
		const struct reply fork = receive(&child);

		EXPECT(fork.message.kind == MESSAGE_FORK);
		mortal.pid = (pid_t)fork.message.value;
		EXPECT(waitpid(child.pid, NULL, 0) == child.pid);
	}
	EXPECT(receive(&child).message.kind == MESSAGE_GATE);
	/* Process 1 is deaf to it, and any other dies of it. */
	if (in_pid_namespace)
		kill(mortal.pid, SIGUSR1);
	kill(mortal.pid, signal);
	EXPECT_END(&mortal, status);
}

static void mortal_dies_of_signals(void)
{
	expect_mortal(false, SIGTERM, -SIGTERM);
	expect_mortal(false, SIGUSR1, -SIGUSR1);
}

static void mortal_ends_in_a_pid_namespace(void)
{
	if (getenv("SANDBOX") == NULL) {
		printf("# skipped: makes a pid namespace, so it runs in the sandbox only\n");
		return;
	}
	expect_mortal(true, SIGTERM, 128 + SIGTERM);
	expect_mortal(true, SIGSEGV, 128 + SIGSEGV);
}

static void mortal_fails_like_any_op(void)
{
	struct builder builder = new_program(0);

	ADD(&builder, PSEUDO_MORTAL, VALUE(1 << (SIGKILL - 1)));
	const struct child child = start_init();
	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, 0, EINVAL);
	EXPECT_END(&child, EXIT_FAILED);
}

const struct test await_tests[] = {
	{ "await changes the parent", await_changes_the_parent },
	{ "await fails like any op", await_fails_like_any_op },
	{ "mortal dies of signals", mortal_dies_of_signals },
	{ "mortal ends in a pid namespace too", mortal_ends_in_a_pid_namespace },
	{ "mortal fails like any op", mortal_fails_like_any_op },
	{ 0 },
};
