/* Owns taking a program off the control socket: header and descriptors, then ops and data into one mapping.
   The only memory that init ever asks for; it is never executable. */

#include "init.h"
#include "syscall.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Reads a header and the descriptors that come with its first byte. Returns like read_bytes. */
static long read_header(long control, struct program_header *header, struct rights *rights)
{
	struct iovec part = { .iov_base = header, .iov_len = sizeof *header };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = rights,
		.msg_controllen = sizeof *rights,
	};
	long got;

	do {
		got = SYSCALL(__NR_recvmsg, control, &message, MSG_CMSG_CLOEXEC);
	} while (got == -EINTR);
	if (got <= 0)
		return got;
	if (message.msg_controllen == 0)
		rights->length = RIGHTS_LENGTH(0);
	else if (rights->level != SOL_SOCKET || rights->type != SCM_RIGHTS)
		return -EPROTO;
	/* The kernel drops what this process may not hold (RLIMIT_NOFILE). */
	if (message.msg_flags & MSG_CTRUNC)
		return -EPROTO;
	const long rest = read_bytes(control, (char *)header + got, sizeof *header - got);
	return rest < 0 ? rest : got + rest;
}

static void *map_program(const struct machine *machine, uint64_t size)
{
	long memory = SYSCALL(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (is_error(memory))
		fault(machine, NO_OP, -memory);
	return (void *)memory;
}

void receive_program(struct machine *machine)
{
	const long control = (long)machine->slots[CONTROL_SLOT];
	struct program_header header;
	struct rights rights;
	const long got = read_header(control, &header, &rights);

	/* The parent gave up before it said what to do: nothing to report, nobody to report to. */
	if (got == 0)
		quit(EXIT_GIVEN_UP);
	if (got != sizeof header || !check_header(&header) ||
	    rights.length != RIGHTS_LENGTH(header.descriptor_count))
		fault(machine, NO_OP, EPROTO);
	for (uint32_t i = 0; i < header.descriptor_count; i++)
		machine->slots[header.descriptor_slot + i] = rights.descriptors[i];

	void *memory = map_program(machine, program_size(&header));
	const uint64_t sent = header.op_count * sizeof(struct op) + header.data_size;
	if (read_bytes(control, memory, sent) != (long)sent)
		fault(machine, NO_OP, EPROTO);
	machine->program = place_program(&header, memory);
	const uint32_t wrong = decode_program(&machine->program);
	if (wrong != NO_OP)
		fault(machine, wrong, EPROTO);
}

void release_program(const struct machine *machine)
{
	SYSCALL(__NR_munmap, machine->program.ops, machine->program.size);
}
