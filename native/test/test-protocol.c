/* Owns the tests of programs as a whole: descriptors, several programs, ends of the socket, refusals. */

#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void end_before_a_program(void)
{
	const struct child child = start_init();

	EXPECT(shutdown(child.socket, SHUT_WR) == 0);
	EXPECT_END(&child, 0);
}

static void end_inside_a_program(void)
{
	struct builder builder = new_program(0);
	ADD(&builder, SYS_getpid);
	const size_t cuts[] = { 1, 31, 32, 95 };

	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		const struct child child = start_init();
		uint8_t bytes[96];

		memcpy(bytes, &builder.header, 32);
		memcpy(bytes + 32, builder.ops, 64);
		send_bytes(&child, bytes, cuts[i]);
		EXPECT(shutdown(child.socket, SHUT_WR) == 0);
		EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
		EXPECT_END(&child, EXIT_FAILED);
	}
}

static void a_program_may_come_byte_by_byte(void)
{
	struct builder builder = new_program(0);
	const struct child child = start_init();

	ADD(&builder, PSEUDO_STARTED);
	for (size_t i = 0; i < 32; i++)
		send_bytes(&child, (uint8_t *)&builder.header + i, 1);
	for (size_t i = 0; i < 64; i++)
		send_bytes(&child, (uint8_t *)builder.ops + i, 1);
	EXPECT_MESSAGE(&child, MESSAGE_STARTED, 0, 0);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
	EXPECT_END(&child, EXIT_FAILED);
}

static void slots_outlive_a_program(void)
{
	struct builder first = new_program(0);
	struct builder second = new_program(8);

	first.header.flags = PROGRAM_MORE;
	store_in(ADD(&first, SYS_getpid), 77);
	ADD(&second, PSEUDO_STORE, DATA(0), VALUE(8), SLOT(77));
	ADD(&second, PSEUDO_RETURN, VALUE(1), VALUE(-1), DATA(0), VALUE(8));
	second.header.flags = PROGRAM_MORE;
	const struct child child = start_init();
	/* Both are on their way before init looks at the first. */
	send_program(&child, &first);
	send_program(&child, &second);
	/* Ops are counted through both. */
	EXPECT(*(uint64_t *)EXPECT_MESSAGE(&child, MESSAGE_RETURN, 2, 1).bytes == (uint64_t)child.pid);
	EXPECT(shutdown(child.socket, SHUT_WR) == 0);
	EXPECT_END(&child, 0);
}

/* init numbers descriptors as it likes, but never 0 to 3, and marks them. */
static void descriptors_go_to_slots(void)
{
	struct builder builder = new_program(8);
	const int count = MAX_DESCRIPTORS - 8;
	int pair[2];
	char byte;

	EXPECT(pipe(pair) == 0);
	for (int i = 0; i < count; i++)
		builder.descriptors[i] = i == count - 1 ? pair[1] : pair[0];
	builder.descriptor_count = builder.header.descriptor_count = count;
	builder.header.descriptor_slot = 3;
	for (int i = 0; i < count; i += count - 1) {
		store_in(ADD(&builder, SYS_fcntl, SLOT(3 + i), VALUE(F_GETFD)), 1);
		ADD(&builder, PSEUDO_STORE, DATA(0), VALUE(8), SLOT(1));
		ADD(&builder, PSEUDO_EXPECT, DATA(0), VALUE(8), VALUE(-1), VALUE(FD_CLOEXEC), VALUE(EXDEV));
	}
	ADD(&builder, PSEUDO_STORE, DATA(0), VALUE(1), VALUE('!'));
	ADD(&builder, SYS_write, SLOT(3 + count - 1), DATA(0), VALUE(1));
	ADD(&builder, PSEUDO_STORE, DATA(0), VALUE(8), SLOT(3));
	ADD(&builder, PSEUDO_EXPECT, DATA(0), VALUE(8), VALUE(~0xffull), VALUE(0), VALUE(EXDEV));
	ADD(&builder, PSEUDO_EXPECT, DATA(0), VALUE(1), VALUE(0xff), VALUE(4), VALUE(EXDEV));
	const struct child child = start_init();
	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
	EXPECT_END(&child, EXIT_FAILED);
	EXPECT(read(pair[0], &byte, 1) == 1 && byte == '!');
}

static void the_control_socket_can_move(void)
{
	struct builder builder = new_program(0);

	store_in(ADD(&builder, SYS_fcntl, SLOT(CONTROL_SLOT), VALUE(F_DUPFD_CLOEXEC), VALUE(50)),
		 CONTROL_SLOT);
	ADD(&builder, SYS_close_range, VALUE(0), VALUE(49), VALUE(0));
	ADD(&builder, PSEUDO_STARTED);
	const struct child child = start_init();
	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_STARTED, 2, 0);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
	EXPECT_END(&child, EXIT_FAILED);
}

static void expect_refused(const struct builder *builder, uint32_t op)
{
	const struct child child = start_init();

	send_program(&child, builder);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, op, EPROTO);
	EXPECT_END(&child, EXIT_FAILED);
}

static void wrong_headers_are_refused(void)
{
	const struct builder good = new_program(0);
	struct builder bad[] = { good, good, good, good, good, good, good, good, good, good, good };

	bad[0].header.magic++;
	bad[1].header.version++;
	bad[2].header.flags = PROGRAM_MORE << 1;
	bad[3].header.reserved = 1;
	bad[4].header.scratch_size = MAX_DATA + 1;
	bad[5].header.data_size = MAX_DATA + 1;
	bad[6].header.data_size = 0xffffffff;
	bad[7].header.op_count = MAX_OPS + 1;
	bad[8].header.descriptor_count = 1;
	bad[8].header.descriptor_slot = 1;
	bad[9].header.descriptor_slot = SLOTS + 1;
	bad[10].header.descriptor_count = MAX_DESCRIPTORS + 1;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct child child = start_init();

		send_bytes(&child, &bad[i].header, sizeof bad[i].header);
		EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
		EXPECT_END(&child, EXIT_FAILED);
	}
}

static void wrong_descriptors_are_refused(void)
{
	struct builder builder = new_program(0);

	builder.descriptors[0] = 1;
	builder.descriptors[1] = 1;
	builder.descriptor_count = 1;
	expect_refused(&builder, NO_OP);
	builder.header.descriptor_count = 1;
	builder.header.descriptor_slot = CONTROL_SLOT;
	expect_refused(&builder, NO_OP);
	builder.header.descriptor_count = 2;
	builder.header.descriptor_slot = 4;
	expect_refused(&builder, NO_OP);
	builder.descriptor_count = 2;
	builder.header.descriptor_slot = SLOTS - 1;
	expect_refused(&builder, NO_OP);
	/* init may not hold more: the kernel passes on what fits and says so. */
	EXPECT(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 12, 12 }) == 0);
	builder.header.descriptor_slot = 4;
	builder.header.descriptor_count = builder.descriptor_count = 10;
	for (int i = 0; i < 10; i++)
		builder.descriptors[i] = 1;
	expect_refused(&builder, NO_OP);
}

static const struct op good_op = { .nr = SYS_getpid };

static void wrong_ops_are_refused(void)
{
	const struct op bad[] = {
		{ .nr = PSEUDO_BIT },
		{ .nr = PSEUDO_MORTAL + 1 },
		{ .nr = 0xffffffff },
		{ .nr = SYS_getpid, .flags = 16 },
		{ .nr = SYS_getpid, .slot = 1 },
		{ .nr = SYS_getpid, .skip = 1 },
		{ .nr = SYS_getpid, .skip_errno = EPERM },
		{ .nr = SYS_getpid, .flags = OP_SKIP_ON_ERRNO },
		{ .nr = SYS_getpid, .flags = OP_SKIP_ON_ERRNO | OP_SKIP_ON_SUCCESS, .skip_errno = EPERM },
		{ .nr = SYS_getpid, .flags = OP_SKIP_ON_ERRNO, .skip_errno = 4096 },
		{ .nr = SYS_getpid, .flags = OP_SKIP_ON_SUCCESS, .skip = 2 },
		{ .nr = SYS_getpid, .kinds = { 4 } },
		{ .nr = SYS_getpid, .kinds = { [5] = ARG_SLOT }, .args = { [5] = SLOTS } },
		{ .nr = SYS_getpid, .kinds = { [1] = ARG_LAST }, .args = { 0, SLOTS } },
		{ .nr = SYS_getpid, .kinds = { ARG_DATA }, .args = { 65 } },
		{ .nr = PSEUDO_GATE, .args = { 0, 1 } },
		{ .nr = PSEUDO_STARTED, .kinds = { ARG_SLOT } },
		{ .nr = PSEUDO_RETURN, .kinds = { [2] = ARG_SLOT } },
		{ .nr = PSEUDO_RETURN, .args = { 0, 0, 4096 } },
		{ .nr = PSEUDO_EXPECT, .kinds = { ARG_DATA }, .args = { 0, 3, 0, 0, EPERM } },
		{ .nr = PSEUDO_EXPECT, .kinds = { ARG_DATA }, .args = { 0, 8, 0, 0, 0 } },
		{ .nr = PSEUDO_EXPECT, .kinds = { ARG_DATA }, .args = { 57, 8, 0, 0, EPERM } },
		{ .nr = PSEUDO_LOAD, .kinds = { ARG_DATA }, .args = { 57, 8 } },
		{ .nr = PSEUDO_LOAD, .kinds = { ARG_DATA }, .args = { 0, 3 } },
		{ .nr = PSEUDO_PICK, .kinds = { ARG_DATA }, .args = { 63, 2 } },
		{ .nr = PSEUDO_PICK, .kinds = { ARG_DATA }, .args = { 0, 3 } },
		{ .nr = PSEUDO_PICK, .kinds = { ARG_SLOT }, .args = { 0, 2 } },
		{ .nr = PSEUDO_STORE, .kinds = { ARG_SLOT }, .args = { 0, 8 } },
		{ .nr = PSEUDO_STORE, .kinds = { ARG_DATA }, .args = { 64, 1 } },
		{ .nr = PSEUDO_STORE, .kinds = { ARG_DATA, ARG_SLOT }, .args = { 0, 8 } },
		{ .nr = PSEUDO_EACH, .kinds = { ARG_DATA }, .args = { 0, 1 } },
		{ .nr = PSEUDO_EACH, .flags = OP_STORE | OP_SKIP_ON_ERRNO, .skip_errno = ENOENT, .kinds = { ARG_DATA },
		  .args = { 0, 1 } },
		{ .nr = PSEUDO_EACH, .flags = OP_STORE | OP_SKIP_ON_ERRNO, .skip_errno = ENODATA, .kinds = { ARG_DATA },
		  .args = { 0, 8 } },
		{ .nr = PSEUDO_LOOKUP, .kinds = { ARG_DATA }, .args = { 4, 1 } },
		{ .nr = PSEUDO_LOOKUP, .kinds = { ARG_DATA }, .args = { 0, 8 } },
		{ .nr = PSEUDO_LOOKUP, .kinds = { ARG_DATA }, .args = { 0, 0x1fffffffffffffff } },
		{ .nr = PSEUDO_LOOKUP, .kinds = { ARG_DATA }, .args = { 56, 1 } },
		/* The word at 48 is 65, behind the end of the data. */
		{ .nr = PSEUDO_LOOKUP, .kinds = { ARG_DATA }, .args = { 48, 1 } },
		{ .nr = PSEUDO_EXECVE, .kinds = { ARG_VALUE, ARG_DATA, 0, ARG_DATA } },
		{ .nr = PSEUDO_EXECVE, .kinds = { ARG_DATA, ARG_DATA, 0, ARG_SLOT } },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct builder builder = new_program(0);
		const uint64_t words[8] = { [6] = 65 };

		put(&builder, words, sizeof words);
		builder.ops[0] = builder.ops[2] = good_op;
		builder.ops[1] = bad[i];
		builder.header.op_count = 3;
		expect_refused(&builder, 1);
	}
}

/* What is repeated is left by its end only, so every program ends. */
static void what_is_repeated_holds_together(void)
{
	for (int nested = 0; nested < 2; nested++) {
		struct builder builder = new_program(0);
		const uint64_t table = put_table(&builder, (const char *[]){ "a", NULL });

		for (int i = 0; i < 2; i++) {
			struct op *op = ADD(&builder, PSEUDO_EACH, DATA(table), VALUE(1));
			store_in(op, 5);
			skip_on(op, OP_SKIP_ON_ERRNO, ENODATA, nested ? 2 : 1);
			skip_on(ADD(&builder, SYS_getpid), OP_SKIP_ON_ERRNO, EPERM, nested ? 0 : i);
		}
		ADD(&builder, PSEUDO_STARTED);
		ADD(&builder, PSEUDO_STARTED);
		expect_refused(&builder, nested ? 2 : 3);
	}
}

/* Nothing runs of a program that has one wrong op. */
static void all_is_checked_before_the_first_op(void)
{
	struct builder builder = new_program(0);

	ADD(&builder, PSEUDO_STARTED);
	ADD(&builder, PSEUDO_BIT);
	expect_refused(&builder, 1);
}

const struct test protocol_tests[] = {
	{ "the end of the socket before a program is no failure", end_before_a_program },
	{ "the end of the socket inside a program is", end_inside_a_program },
	{ "a program may come byte by byte", a_program_may_come_byte_by_byte },
	{ "slots outlive a program", slots_outlive_a_program },
	{ "descriptors go to slots, close-on-exec", descriptors_go_to_slots },
	{ "the control socket can move", the_control_socket_can_move },
	{ "wrong headers are refused", wrong_headers_are_refused },
	{ "wrong descriptors are refused", wrong_descriptors_are_refused },
	{ "wrong ops are refused", wrong_ops_are_refused },
	{ "what is repeated holds together", what_is_repeated_holds_together },
	{ "all is checked before the first op runs", all_is_checked_before_the_first_op },
	{ 0 },
};
