/* Owns the tests of raw system calls in a program: arguments, slots, and what a result does to the next. */

#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Ends a program: what `scratch` holds comes back, then nothing follows. */
static struct reply run_and_return(struct builder *builder, struct child *child, uint64_t offset,
				   uint64_t length)
{
	ADD(builder, PSEUDO_RETURN, VALUE(7), VALUE(-1), DATA(offset), VALUE(length));
	*child = start_init();
	send_program(child, builder);
	return EXPECT_MESSAGE(child, MESSAGE_RETURN, builder->header.op_count - 1, 7);
}

static void expect_faultless_end(const struct child *child)
{
	EXPECT_MESSAGE(child, MESSAGE_FAULT, NO_OP, EPROTO);
	EXPECT_END(child, EXIT_FAILED);
}

static void results_go_to_slots(void)
{
	struct builder builder = new_program(16);
	struct child child;
	const uint64_t scratch = scratch_of(&builder);

	store_in(ADD(&builder, SYS_getpid), 1);
	store_in(ADD(&builder, SYS_getppid), 255);
	ADD(&builder, PSEUDO_STORE, DATA(scratch), VALUE(4), SLOT(1));
	ADD(&builder, PSEUDO_STORE, DATA(scratch + 8), VALUE(8), SLOT(255));
	const struct reply reply = run_and_return(&builder, &child, scratch, 16);
	uint32_t pid;
	uint64_t parent;
	memcpy(&pid, reply.bytes, sizeof pid);
	memcpy(&parent, reply.bytes + 8, sizeof parent);
	EXPECT(pid == (uint32_t)child.pid);
	EXPECT(parent == (uint64_t)getpid());
	expect_faultless_end(&child);
}

static void what_is_loaded_goes_to_a_slot(void)
{
	struct builder builder = new_program(8);
	struct child child;
	const uint64_t number = put(&builder, &(uint64_t){ 0x8877665544332211 }, 8);
	const uint64_t scratch = scratch_of(&builder);

	store_in(ADD(&builder, PSEUDO_LOAD, DATA(number + 2), VALUE(4), VALUE(0xff00ff), VALUE(0x1000)), 9);
	ADD(&builder, PSEUDO_STORE, DATA(scratch), VALUE(8), SLOT(9));
	EXPECT(*(uint64_t *)run_and_return(&builder, &child, scratch, 8).bytes == 0x551033);
	expect_faultless_end(&child);
}

static void an_unset_slot_is_no_descriptor(void)
{
	struct builder builder = new_program(0);

	ADD(&builder, SYS_fchdir, SLOT(9));
	const struct child child = start_init();
	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, 0, EBADF);
	EXPECT_END(&child, EXIT_FAILED);
}

static void an_error_does_not_change_a_slot(void)
{
	struct builder builder = new_program(8);
	struct child child;
	struct op *op;
	uint64_t slot;

	store_in(ADD(&builder, SYS_getpid), 1);
	op = ADD(&builder, SYS_close, VALUE(99));
	store_in(op, 1);
	op->flags |= OP_IGNORE;
	ADD(&builder, PSEUDO_STORE, DATA(scratch_of(&builder)), VALUE(8), SLOT(1));
	memcpy(&slot, run_and_return(&builder, &child, scratch_of(&builder), 8).bytes, sizeof slot);
	EXPECT(slot == (uint64_t)child.pid);
	expect_faultless_end(&child);
}

static void all_six_arguments_arrive(void)
{
	struct builder builder = new_program(8);
	struct child child;
	const uint64_t text = put_text(&builder, "six");
	const uint64_t scratch = scratch_of(&builder);
	const int memory = memfd_create("test", 0);

	/* mmap uses all six: the second page of a file, at an address of our choice. */
	EXPECT(ftruncate(memory, 8192) == 0 && pwrite(memory, "x", 1, 4096) == 1);
	builder.header.descriptor_slot = 5;
	builder.header.descriptor_count = builder.descriptor_count = 1;
	builder.descriptors[0] = memory;
	ADD(&builder, SYS_mmap, VALUE(0x10000000), VALUE(4096), VALUE(PROT_READ),
	    VALUE(MAP_SHARED | MAP_FIXED), SLOT(5), VALUE(4096));
	ADD(&builder, SYS_pwrite64, SLOT(5), VALUE(0x10000000), VALUE(1), VALUE(0));
	ADD(&builder, SYS_pwrite64, SLOT(5), DATA(text), VALUE(3), VALUE(1));
	ADD(&builder, SYS_pread64, SLOT(5), DATA(scratch), VALUE(4), VALUE(0));
	EXPECT(memcmp(run_and_return(&builder, &child, scratch, 4).bytes, "xsix", 4) == 0);
	expect_faultless_end(&child);
}

/* Three ops that fail with EBADF; the flags of the first decide which one is the fault. */
static void expect_fault_at(uint16_t flags, uint16_t error, uint8_t skip, uint32_t fault)
{
	struct builder builder = new_program(0);
	struct op *first = ADD(&builder, SYS_close, VALUE(99));

	first->flags = flags;
	first->skip_errno = error;
	first->skip = skip;
	ADD(&builder, SYS_close, VALUE(99));
	ADD(&builder, SYS_close, VALUE(99));
	const struct child child = start_init();
	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, fault, fault == NO_OP ? EPROTO : EBADF);
	EXPECT_END(&child, EXIT_FAILED);
}

static void errors_end_skip_or_pass(void)
{
	expect_fault_at(0, 0, 0, 0);
	expect_fault_at(OP_IGNORE, 0, 0, 1);
	expect_fault_at(OP_SKIP_ON_ERRNO, EBADF, 0, 1);
	expect_fault_at(OP_SKIP_ON_ERRNO, EBADF, 1, 2);
	expect_fault_at(OP_SKIP_ON_ERRNO, EBADF, 2, NO_OP);
	expect_fault_at(OP_SKIP_ON_ERRNO, EPERM, 1, 0);
	expect_fault_at(OP_SKIP_ON_ERRNO | OP_IGNORE, EPERM, 1, 1);
	expect_fault_at(OP_SKIP_ON_ERRNO | OP_IGNORE, EBADF, 1, 2);
	expect_fault_at(OP_SKIP_ON_SUCCESS, EBADF, 1, 1);
	expect_fault_at(OP_SKIP_ON_SUCCESS, EPERM, 1, 0);
	expect_fault_at(OP_SKIP_ON_SUCCESS, 0, 1, 0);
	expect_fault_at(OP_SKIP_ON_SUCCESS | OP_IGNORE, 0, 1, 1);
}

static void success_skips(void)
{
	struct builder builder = new_program(0);

	skip_on(ADD(&builder, SYS_getpid), OP_SKIP_ON_SUCCESS, EPERM, 2);
	ADD(&builder, SYS_close, VALUE(99));
	ADD(&builder, SYS_close, VALUE(99));
	ADD(&builder, SYS_chdir, VALUE(0));
	const struct child child = start_init();
	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, 3, EFAULT);
	EXPECT_END(&child, EXIT_FAILED);
}

static void a_string_ends_at_the_end_of_data(void)
{
	struct builder builder = new_program(0);
	/* The last byte of the data is the last of the path: only the guard ends it. */
	const uint64_t path = put(&builder, "/proc", 5);

	ADD(&builder, SYS_chdir, DATA(path));
	ADD(&builder, SYS_chdir, DATA(path + 5));
	const struct child child = start_init();
	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, 1, ENOENT);
	EXPECT_END(&child, EXIT_FAILED);
}

static void init_enters_clean(void)
{
	struct builder builder = new_program(64);
	struct child child;
	const uint64_t scratch = scratch_of(&builder);
	const uint8_t clean[24] = { 0 };
	sigset_t all;

	/* Blocked signals survive exec: the host's must not reach the container. */
	sigfillset(&all);
	EXPECT(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
	ADD(&builder, SYS_rt_sigprocmask, VALUE(SIG_BLOCK), VALUE(0), DATA(scratch), VALUE(8));
	store_in(ADD(&builder, SYS_prctl, VALUE(PR_GET_DUMPABLE)), 1);
	ADD(&builder, PSEUDO_STORE, DATA(scratch + 8), VALUE(8), SLOT(1));
	/* 0 to 3 are the control socket: it must not survive execve anywhere. */
	for (int descriptor = 0; descriptor <= CONTROL_FD; descriptor++) {
		store_in(ADD(&builder, SYS_fcntl, VALUE(descriptor), VALUE(F_GETFD)), 2);
		ADD(&builder, PSEUDO_STORE, DATA(scratch + 24), VALUE(8), SLOT(2));
		ADD(&builder, PSEUDO_EXPECT, DATA(scratch + 24), VALUE(8), VALUE(-1), VALUE(FD_CLOEXEC),
		    VALUE(EBADF));
	}
	ADD(&builder, SYS_prctl, VALUE(PR_GET_NAME), DATA(scratch + 32));
	const struct reply reply = run_and_return(&builder, &child, scratch, 64);
	EXPECT(memcmp(reply.bytes, clean, 16) == 0);
	EXPECT(strcmp((char *)reply.bytes + 32, "libcontainer") == 0);
	expect_faultless_end(&child);
}

static void no_memory_is_writable_and_executable(void)
{
	struct builder builder = new_program(0);
	char line[256];

	ADD(&builder, PSEUDO_GATE, VALUE(1));
	const struct child child = start_init();
	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_GATE, 0, 1);
	snprintf(line, sizeof line, "/proc/%d/maps", (int)child.pid);
	FILE *maps = fopen(line, "r");
	/* It is undumpable: without privileges nobody may look. */
	EXPECT((maps != NULL) == (geteuid() == 0));
	if (maps == NULL)
		return;
	int count = 0;
	while (fgets(line, sizeof line, maps) != NULL) {
		const char *rights = strchr(line, ' ') + 1;
		EXPECT(!(rights[1] == 'w' && rights[2] == 'x'));
		count++;
	}
	EXPECT(count > 0);
	close(child.socket);
}

/* The same slot gets the result of an op that closes what it held: the old descriptor goes, the new one stays. */
static void a_last_use_closes(void)
{
	struct builder builder = new_program(24);
	struct child child;
	const uint64_t path = put_text(&builder, "/dev/null");
	const uint64_t wrong = put_text(&builder, "/nowhere");
	const uint64_t scratch = scratch_of(&builder);

	store_in(ADD(&builder, SYS_openat, VALUE(AT_FDCWD), DATA(path), VALUE(O_RDONLY)), 9);
	ADD(&builder, PSEUDO_STORE, DATA(scratch), VALUE(4), SLOT(9));
	store_in(ADD(&builder, SYS_dup3, SLOT(9), VALUE(70), VALUE(0)), 8);
	store_in(ADD(&builder, SYS_fcntl, LAST(9), VALUE(F_DUPFD), VALUE(80)), 9);
	ADD(&builder, PSEUDO_STORE, DATA(scratch + 4), VALUE(4), SLOT(9));
	/* Also where the op fails. */
	skip_on(ADD(&builder, SYS_openat, LAST(8), DATA(wrong + 1), VALUE(O_RDONLY)), OP_SKIP_ON_ERRNO, ENOTDIR, 0);
	ADD(&builder, PSEUDO_STORE, DATA(scratch + 8), VALUE(8), SLOT(8));
	skip_on(ADD(&builder, SYS_fcntl, VALUE(70), VALUE(F_GETFD)), OP_SKIP_ON_ERRNO, EBADF, 0);
	store_in(ADD(&builder, SYS_fcntl, VALUE(80), VALUE(F_GETFD)), 10);
	ADD(&builder, PSEUDO_STORE, DATA(scratch + 16), VALUE(8), SLOT(10));
	const struct reply reply = run_and_return(&builder, &child, scratch, 24);
	uint32_t numbers[6];
	memcpy(numbers, reply.bytes, sizeof numbers);
	EXPECT(numbers[0] > 3 && numbers[0] < 70);
	EXPECT(numbers[1] == 80);
	EXPECT(numbers[2] == UINT32_MAX && numbers[3] == UINT32_MAX);
	EXPECT(numbers[4] == 0 && numbers[5] == 0);
	expect_faultless_end(&child);
}

static void pick_is_one_of_two(void)
{
	struct builder builder = new_program(16);
	struct child child;
	const uint64_t number = put(&builder, &(uint64_t){ 0x8877665544332211 }, 8);
	const uint64_t scratch = scratch_of(&builder);

	store_in(ADD(&builder, SYS_getpid), 1);
	store_in(ADD(&builder, PSEUDO_PICK, DATA(number + 1), VALUE(2), VALUE(0xf0f0), VALUE(0x3020), SLOT(1),
		     VALUE(7)),
		 2);
	store_in(ADD(&builder, PSEUDO_PICK, DATA(number + 1), VALUE(2), VALUE(0xf0f0), VALUE(0x3322), SLOT(1),
		     VALUE(7)),
		 3);
	/* What is in no slot is an error, like any result of that value. */
	skip_on(ADD(&builder, PSEUDO_PICK, DATA(number), VALUE(8), VALUE(0), VALUE(0), SLOT(99), VALUE(7)),
		OP_SKIP_ON_ERRNO, EPERM, 0);
	ADD(&builder, PSEUDO_STORE, DATA(scratch), VALUE(8), SLOT(2));
	ADD(&builder, PSEUDO_STORE, DATA(scratch + 8), VALUE(8), SLOT(3));
	const struct reply reply = run_and_return(&builder, &child, scratch, 16);
	uint64_t picked[2];
	memcpy(picked, reply.bytes, sizeof picked);
	EXPECT(picked[0] == (uint64_t)child.pid);
	EXPECT(picked[1] == 7);
	expect_faultless_end(&child);
}

/* An op of the repeated ones that is skipped, one that is not, and the op behind them. */
static void each_repeats_for_every_text(void)
{
	struct builder builder = new_program(0);
	const char *const paths[] = { "/nowhere", "/dev", "/nowhere", "/dev/null", NULL };
	const uint64_t four = put_table(&builder, paths);
	const uint64_t none = put_table(&builder, paths + 4);

	for (int count = 4; count >= 0; count -= 4) {
		struct op *each = ADD(&builder, PSEUDO_EACH, DATA(count == 4 ? four : none), VALUE(count));
		store_in(each, 5);
		skip_on(each, OP_SKIP_ON_ERRNO, ENODATA, 2);
		skip_on(ADD(&builder, SYS_faccessat2, VALUE(AT_FDCWD), SLOT(5), VALUE(F_OK)), OP_SKIP_ON_ERRNO, ENOENT,
			1);
		ADD(&builder, PSEUDO_RETURN, VALUE(count), VALUE(-1));
	}
	ADD(&builder, PSEUDO_STARTED);
	const struct child child = start_init();

	send_program(&child, &builder);
	EXPECT_MESSAGE(&child, MESSAGE_RETURN, 2, 4);
	EXPECT_MESSAGE(&child, MESSAGE_RETURN, 2, 4);
	EXPECT_MESSAGE(&child, MESSAGE_STARTED, 6, 0);
	EXPECT(EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO).message.round == 0);
	EXPECT_END(&child, EXIT_FAILED);
}

static void a_fault_tells_its_round(void)
{
	struct builder builder = new_program(0);
	const uint64_t paths = put_table(&builder, (const char *[]){ "/", "/dev", "/nowhere", "/dev", NULL });
	struct op *each = ADD(&builder, PSEUDO_EACH, DATA(paths), VALUE(4));

	store_in(each, 5);
	skip_on(each, OP_SKIP_ON_ERRNO, ENODATA, 1);
	ADD(&builder, SYS_faccessat2, VALUE(AT_FDCWD), SLOT(5), VALUE(F_OK));
	const struct child child = start_init();

	send_program(&child, &builder);
	EXPECT(EXPECT_MESSAGE(&child, MESSAGE_FAULT, 1, ENOENT).message.round == 2);
	EXPECT_END(&child, EXIT_FAILED);
}

const struct test op_tests[] = {
	{ "results go to slots", results_go_to_slots },
	{ "what is loaded, masked and with bits added, goes to a slot", what_is_loaded_goes_to_a_slot },
	{ "a slot that is used for the last time is closed", a_last_use_closes },
	{ "one of two is picked by a number", pick_is_one_of_two },
	{ "each repeats what it skips for every text", each_repeats_for_every_text },
	{ "a fault among what is repeated tells its round", a_fault_tells_its_round },
	{ "an unset slot is no descriptor", an_unset_slot_is_no_descriptor },
	{ "an error does not change a slot", an_error_does_not_change_a_slot },
	{ "all six arguments arrive", all_six_arguments_arrive },
	{ "errors end, skip or pass, by flags", errors_end_skip_or_pass },
	{ "success skips", success_skips },
	{ "a string ends at the end of the data", a_string_ends_at_the_end_of_data },
	{ "init enters clean: signals, dumpable, name, close-on-exec", init_enters_clean },
	{ "no memory of init is writable and executable", no_memory_is_writable_and_executable },
	{ 0 },
};
