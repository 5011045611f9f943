/* Owns the tests of the pseudo-op that waits for another parent. */

#include "harness.h"
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
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

const struct test await_tests[] = {
	{ "await changes the parent", await_changes_the_parent },
	{ "await fails like any op", await_fails_like_any_op },
	{ 0 },
};
