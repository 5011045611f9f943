/* Owns the traffic of init on the control socket, and the ways in which init ends. */

#include "init.h"
#include "syscall.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

static long control_of(const struct machine *machine)
{
	return (long)machine->slots[CONTROL_SLOT];
}

long send_message(const struct machine *machine, const struct message *message, int descriptor)
{
	struct rights rights;
	struct iovec part = { .iov_base = (void *)message, .iov_len = sizeof *message };
	const struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &rights,
		.msg_controllen = descriptor < 0 ? 0 : RIGHTS_LENGTH(1),
	};
	long sent;

	/* Field by field: an initializer would clear all of it, with memset. */
	rights.length = RIGHTS_LENGTH(1);
	rights.level = SOL_SOCKET;
	rights.type = SCM_RIGHTS;
	rights.descriptors[0] = descriptor;
	do {
		sent = SYSCALL(__NR_sendmsg, control_of(machine), &header, MSG_NOSIGNAL);
	} while (sent == -EINTR);
	/* The kernel queues so few bytes whole or not at all. */
	return sent < 0 ? sent : 0;
}

long send_bytes(const struct machine *machine, const void *bytes, uint64_t length)
{
	const char *next = bytes;

	while (length > 0) {
		long sent = SYSCALL(__NR_sendto, control_of(machine), next, length, MSG_NOSIGNAL);

		if (sent == -EINTR)
			continue;
		if (sent < 0)
			return sent;
		next += sent;
		length -= sent;
	}
	return 0;
}

long read_bytes(long descriptor, void *bytes, uint64_t length)
{
	uint64_t done = 0;

	while (done < length) {
		long got = SYSCALL(__NR_read, descriptor, (char *)bytes + done, length - done);

		if (got == -EINTR)
			continue;
		if (got < 0)
			return got;
		if (got == 0)
			break;
		done += got;
	}
	return done;
}

uint32_t op_number(const struct machine *machine, uint32_t index)
{
	return index == NO_OP ? NO_OP : machine->ops_before + index;
}

_Noreturn void fault(const struct machine *machine, uint32_t op, long error)
{
	struct message message = {
		.kind = MESSAGE_FAULT,
		.op = op_number(machine, op),
		.value = error,
		.round = machine->repeat.round,
	};

	/* A parent that is gone cannot be told. */
	send_message(machine, &message, -1);
	quit(EXIT_FAILED);
}

_Noreturn void quit(int status)
{
	for (;;)
		SYSCALL(__NR_exit_group, status);
}
