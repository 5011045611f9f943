/* Owns the tests of the pseudo-ops, one after another as in src/protocol/schema.ts. */

#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct child start_with(const struct builder *builder)
{
	const struct child child = start_init();

	send_program(&child, builder);
	return child;
}

static void gate_waits_for_go(void)
{
	struct builder builder = new_program(0);
	const uint8_t go = GATE_GO;

	ADD(&builder, PSEUDO_GATE, VALUE(42));
	ADD(&builder, PSEUDO_STARTED);
	const struct child child = start_with(&builder);
	EXPECT_MESSAGE(&child, MESSAGE_GATE, 0, 42);
	send_bytes(&child, &go, 1);
	EXPECT_MESSAGE(&child, MESSAGE_STARTED, 1, 0);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
	EXPECT_END(&child, EXIT_FAILED);
}

static void gate_ends_on_another_word(void)
{
	struct builder builder = new_program(0);
	const uint8_t stop = GATE_GO + 1;

	ADD(&builder, PSEUDO_GATE, VALUE(1));
	const struct child child = start_with(&builder);
	EXPECT_MESSAGE(&child, MESSAGE_GATE, 0, 1);
	send_bytes(&child, &stop, 1);
	EXPECT_END(&child, EXIT_FAILED);
}

static void gate_ends_when_the_parent_is_gone(void)
{
	struct builder builder = new_program(0);
	int status;

	ADD(&builder, PSEUDO_GATE, VALUE(1));
	const struct child child = start_with(&builder);
	EXPECT_MESSAGE(&child, MESSAGE_GATE, 0, 1);
	close(child.socket);
	EXPECT(waitpid(child.pid, &status, 0) == child.pid);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILED);
}

static void return_carries_a_descriptor_and_bytes(void)
{
	struct builder builder = new_program(0);
	const uint64_t text = put_text(&builder, "inside");
	const uint64_t null = put_text(&builder, "/dev/null");
	struct stat found;
	struct stat wanted;

	store_in(ADD(&builder, SYS_openat, VALUE(AT_FDCWD), DATA(null), VALUE(O_RDONLY)), 3);
	ADD(&builder, PSEUDO_RETURN, VALUE(5), SLOT(3), DATA(text), VALUE(6));
	ADD(&builder, PSEUDO_RETURN, VALUE(6), SLOT(3), VALUE(0), VALUE(0));
	ADD(&builder, PSEUDO_RETURN, VALUE(7), VALUE(99), VALUE(0), VALUE(0));
	const struct child child = start_with(&builder);
	struct reply reply = EXPECT_MESSAGE(&child, MESSAGE_RETURN, 1, 5);
	EXPECT(reply.message.length == 6 && memcmp(reply.bytes, "inside", 6) == 0);
	EXPECT(fstat(reply.descriptor, &found) == 0 && stat("/dev/null", &wanted) == 0);
	EXPECT(found.st_rdev == wanted.st_rdev);
	reply = EXPECT_MESSAGE(&child, MESSAGE_RETURN, 2, 6);
	EXPECT(reply.message.length == 0 && reply.descriptor >= 0);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, 3, EBADF);
	EXPECT_END(&child, EXIT_FAILED);
}

static void return_is_limited(void)
{
	struct builder builder = new_program(MAX_RETURN + 16);
	const uint64_t scratch = scratch_of(&builder);

	ADD(&builder, PSEUDO_RETURN, VALUE(1), VALUE(-1), DATA(scratch), VALUE(MAX_RETURN));
	skip_on(ADD(&builder, PSEUDO_RETURN, VALUE(2), VALUE(-1), DATA(scratch + 32), VALUE(MAX_RETURN)),
		OP_SKIP_ON_ERRNO, EFBIG, 1);
	ADD(&builder, PSEUDO_STARTED);
	ADD(&builder, PSEUDO_RETURN, VALUE(3), VALUE(-1), DATA(scratch), VALUE(MAX_RETURN + 1));
	const struct child child = start_with(&builder);
	EXPECT(EXPECT_MESSAGE(&child, MESSAGE_RETURN, 0, 1).message.length == MAX_RETURN);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, 3, EFBIG);
	EXPECT_END(&child, EXIT_FAILED);
}

static void fork_makes_a_sibling(void)
{
	struct builder builder = new_program(8);
	int status;

	ADD(&builder, PSEUDO_FORK, VALUE(1));
	store_in(ADD(&builder, SYS_getpid), 1);
	ADD(&builder, PSEUDO_STORE, DATA(scratch_of(&builder)), VALUE(4), SLOT(1));
	store_in(ADD(&builder, SYS_prctl, VALUE(PR_GET_DUMPABLE)), 1);
	ADD(&builder, PSEUDO_STORE, DATA(scratch_of(&builder) + 4), VALUE(4), SLOT(1));
	ADD(&builder, PSEUDO_RETURN, VALUE(2), VALUE(-1), DATA(scratch_of(&builder)), VALUE(8));
	struct child child = start_with(&builder);
	struct reply reply = receive(&child);
	/* First of all the announcement, then the words of the new process. */
	EXPECT(reply.there && reply.message.kind == MESSAGE_FORK && reply.message.op == 0);
	const pid_t pid = (pid_t)reply.message.value;
	const int pidfd = reply.descriptor;
	siginfo_t info;
	EXPECT(pid > 0 && pid != child.pid && pidfd >= 0);
	reply = EXPECT_MESSAGE(&child, MESSAGE_RETURN, 5, 2);
	EXPECT(((uint32_t *)reply.bytes)[0] == (uint32_t)pid);
	EXPECT(((uint32_t *)reply.bytes)[1] == 0);
	EXPECT(waitpid(child.pid, &status, 0) == child.pid && status == 0);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
	/* A sibling: ours to wait for. */
	EXPECT(waitid(3 /* P_PIDFD */, pidfd, &info, WEXITED | WNOWAIT) == 0);
	EXPECT(info.si_pid == pid && info.si_status == EXIT_FAILED);
	child.pid = pid;
	EXPECT_END(&child, EXIT_FAILED);
}

/* What fork is for: a joined or new pid namespace takes in only children. */
static void fork_enters_a_pid_namespace(void)
{
	struct builder builder = new_program(8);
	struct child child;

	if (getenv("SANDBOX") == NULL) {
		printf("# skipped: makes a pid namespace, so it runs in the sandbox only\n");
		return;
	}
	ADD(&builder, SYS_unshare, VALUE(CLONE_NEWPID));
	ADD(&builder, PSEUDO_FORK, VALUE(1));
	store_in(ADD(&builder, SYS_getpid), 1);
	ADD(&builder, PSEUDO_STORE, DATA(scratch_of(&builder)), VALUE(8), SLOT(1));
	ADD(&builder, PSEUDO_RETURN, VALUE(2), VALUE(-1), DATA(scratch_of(&builder)), VALUE(8));
	child = start_with(&builder);
	const struct reply reply = receive(&child);
	EXPECT(reply.there && reply.message.kind == MESSAGE_FORK && reply.message.value > 1);
	EXPECT(*(uint64_t *)EXPECT_MESSAGE(&child, MESSAGE_RETURN, 4, 2).bytes == 1);
	EXPECT(waitpid(child.pid, NULL, 0) == child.pid);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
	child.pid = (pid_t)reply.message.value;
	EXPECT_END(&child, EXIT_FAILED);
}

/* Gives the standard output of what the program executes. */
static void expect_output(struct builder *builder, const char *expected, int status)
{
	char output[512] = "";
	size_t size = 0;
	int pair[2];
	ssize_t got;

	EXPECT(pipe2(pair, O_CLOEXEC) == 0);
	builder->header.descriptor_count = builder->descriptor_count = 1;
	builder->header.descriptor_slot = 17;
	builder->descriptors[0] = pair[1];
	const struct child child = start_with(builder);
	close(pair[1]);
	EXPECT_MESSAGE(&child, MESSAGE_STARTED, builder->header.op_count - 2, 0);
	EXPECT_END(&child, status);
	while ((got = read(pair[0], output + size, sizeof output - 1 - size)) > 0)
		size += got;
	if (strcmp(output, expected) != 0)
		printf("# output: %s\n", output);
	EXPECT(strcmp(output, expected) == 0);
}

static void execve_ends_init(void)
{
	struct builder builder = new_program(0);
	const char *const argv[] = {
		"sh", "-c", "echo $0 $1 $FOO $#; ls /proc/self/fd | tr '\\n' ' '; exit 7", "name", "a", NULL
	};
	const char *const envp[] = { "FOO=bar", "PATH=/bin:/usr/bin", NULL };
	const uint64_t path = put_text(&builder, "/bin/sh");
	const uint64_t arguments = put_table(&builder, argv);
	const uint64_t environment = put_table(&builder, envp);

	ADD(&builder, SYS_dup3, SLOT(17), VALUE(1), VALUE(0));
	ADD(&builder, PSEUDO_STARTED);
	ADD(&builder, PSEUDO_EXECVE, DATA(path), DATA(arguments), VALUE(5), DATA(environment), VALUE(2));
	/* ls has its standard output and the directory; 0, 2 and 3 are closed. */
	expect_output(&builder, "name a bar 1\n0 1 ", 7);
}

static void execve_fails_like_any_op(void)
{
	struct builder builder = new_program(0);
	const char *const argv[] = { "true", NULL };
	const uint64_t wrong = put_text(&builder, "/nowhere/true");
	const uint64_t right = put_text(&builder, "/bin/true");
	const uint64_t table = put_table(&builder, argv);
	const uint64_t empty = put_table(&builder, argv + 1);

	ADD(&builder, PSEUDO_STARTED);
	skip_on(ADD(&builder, PSEUDO_EXECVE, DATA(wrong), DATA(table), VALUE(1), DATA(empty), VALUE(0)),
		OP_SKIP_ON_ERRNO, ENOENT, 1);
	ADD(&builder, SYS_close, VALUE(99));
	/* The same tables again: they are addresses by now. */
	ADD(&builder, PSEUDO_EXECVE, DATA(right), DATA(table), VALUE(1), DATA(empty), VALUE(0));
	struct child child = start_with(&builder);
	EXPECT_MESSAGE(&child, MESSAGE_STARTED, 0, 0);
	EXPECT_END(&child, 0);

	builder.ops[1].flags = builder.ops[1].skip = builder.ops[1].skip_errno = 0;
	child = start_with(&builder);
	EXPECT_MESSAGE(&child, MESSAGE_STARTED, 0, 0);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, 1, ENOENT);
	EXPECT_END(&child, EXIT_FAILED);
}

static void expect_lookup(const char *const paths[], int count, uint32_t error)
{
	struct builder builder = new_program(0);
	const uint64_t table = put_table(&builder, paths);

	ADD(&builder, PSEUDO_LOOKUP, DATA(table), VALUE(count));
	const struct child child = start_with(&builder);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, error == EPROTO ? NO_OP : 0, error);
	EXPECT_END(&child, EXIT_FAILED);
}

static void lookup_tells_why_not(void)
{
	char name[] = "/tmp/libcontainer-test-XXXXXX";
	char long_name[300];
	const int file = mkstemp(name);

	EXPECT(file >= 0);
	memset(long_name, 'a', sizeof long_name);
	long_name[0] = '/';
	long_name[sizeof long_name - 1] = 0;
	expect_lookup((const char *[]){ "/nowhere/x", "/dev/null/x", long_name, NULL }, 3, ENOENT);
	expect_lookup((const char *[]){ "/", "/nowhere", NULL }, 2, EACCES);
	expect_lookup((const char *[]){ "/nowhere", name, NULL }, 2, EACCES);
	expect_lookup((const char *[]){ NULL }, 0, ENOENT);
	expect_lookup((const char *[]){ name, "/bin/sh", NULL }, 2, EPROTO);
	unlink(name);
}

static void lookup_result_can_be_executed(void)
{
	struct builder builder = new_program(0);
	const char *const argv[] = { "sh", "-c", "echo found", NULL };
	const char *const paths[] = { "/nowhere/sh", "/tmp", "/bin/sh", NULL };
	const uint64_t table = put_table(&builder, paths);
	const uint64_t arguments = put_table(&builder, argv);
	const uint64_t environment = put_table(&builder, argv + 3);

	ADD(&builder, SYS_dup3, SLOT(17), VALUE(1), VALUE(0));
	store_in(ADD(&builder, PSEUDO_LOOKUP, DATA(table), VALUE(3)), 200);
	/* argv[0] becomes the address of what was found. */
	ADD(&builder, PSEUDO_STORE, DATA(arguments), VALUE(8), SLOT(200));
	ADD(&builder, PSEUDO_STARTED);
	ADD(&builder, PSEUDO_EXECVE, SLOT(200), DATA(arguments), VALUE(3), DATA(environment), VALUE(0));
	expect_output(&builder, "found\n", 0);
}

static void expect_compares(void)
{
	static const struct {
		uint64_t width, mask, value;
		bool equal;
	} cases[] = {
		{ 1, -1, 0x88, true },
		{ 1, 0x0f, 0x08, true },
		{ 2, -1, 0x7788, true },
		{ 4, -1, 0x55667788, true },
		{ 8, -1, 0x1122334455667788, true },
		{ 8, 0xf0f, 0x708, true },
		{ 4, -1, 0x1122334455667788, false },
		{ 1, -1, 0x89, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct builder builder = new_program(0);
		const uint64_t number = 0x1122334455667788;
		const uint64_t at = put(&builder, &number, sizeof number);

		ADD(&builder, PSEUDO_EXPECT, DATA(at), VALUE(cases[i].width), VALUE(cases[i].mask),
		    VALUE(cases[i].value), VALUE(EXDEV));
		const struct child child = start_with(&builder);
		EXPECT_MESSAGE(&child, MESSAGE_FAULT, cases[i].equal ? NO_OP : 0,
			       cases[i].equal ? EPROTO : EXDEV);
		EXPECT_END(&child, EXIT_FAILED);
	}
}

static void store_writes_so_many_bytes(void)
{
	struct builder builder = new_program(0);
	const uint8_t ones[24] = { [0 ... 23] = 0xff };
	const uint8_t wanted[24] = {
		1, [1 ... 7] = 0xff, 2, 1, [10 ... 11] = 0xff, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1
	};
	const uint64_t at = put(&builder, ones, sizeof ones);

	ADD(&builder, PSEUDO_STORE, DATA(at), VALUE(1), VALUE(0x0102030405060701));
	ADD(&builder, PSEUDO_STORE, DATA(at + 8), VALUE(2), VALUE(0x0102));
	ADD(&builder, PSEUDO_STORE, DATA(at + 12), VALUE(4), VALUE(0x01020304));
	ADD(&builder, PSEUDO_STORE, DATA(at + 16), VALUE(8), VALUE(0x0102030405060708));
	ADD(&builder, PSEUDO_RETURN, VALUE(1), VALUE(-1), DATA(at), VALUE(24));
	const struct child child = start_with(&builder);
	EXPECT(memcmp(EXPECT_MESSAGE(&child, MESSAGE_RETURN, 4, 1).bytes, wanted, 24) == 0);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
	EXPECT_END(&child, EXIT_FAILED);
}

/* The copy, dumpable as little as the original, runs what the original skips, and is a child of it. */
static void child_goes_another_way(void)
{
	struct builder builder = new_program(128);
	const uint64_t info = scratch_of(&builder);
	struct op *op = ADD(&builder, PSEUDO_CHILD);

	store_in(op, 9);
	skip_on(op, OP_SKIP_ON_SUCCESS, ECHILD, 3);
	store_in(ADD(&builder, SYS_prctl, VALUE(PR_GET_DUMPABLE)), 10);
	ADD(&builder, PSEUDO_RETURN, VALUE(1), VALUE(-1), VALUE(0), VALUE(0));
	ADD(&builder, SYS_exit_group, SLOT(10));
	ADD(&builder, SYS_waitid, VALUE(P_PID), SLOT(9), DATA(info), VALUE(WEXITED), VALUE(0));
	ADD(&builder, PSEUDO_EXPECT, DATA(info + 24), VALUE(4), VALUE(-1), VALUE(0), VALUE(EXDEV));
	const struct child child = start_with(&builder);
	EXPECT_MESSAGE(&child, MESSAGE_RETURN, 2, 1);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
	EXPECT_END(&child, EXIT_FAILED);
}

static void child_tells_its_own_faults(void)
{
	struct builder builder = new_program(0);
	const uint64_t empty = put_table(&builder, (const char *const[]){ NULL });
	struct op *op = ADD(&builder, PSEUDO_CHILD);

	store_in(op, 9);
	skip_on(op, OP_SKIP_ON_SUCCESS, ECHILD, 1);
	ADD(&builder, PSEUDO_EXECVE, DATA(empty), DATA(empty), VALUE(0), DATA(empty), VALUE(0));
	ADD(&builder, SYS_waitid, VALUE(P_PID), SLOT(9), VALUE(0), VALUE(WEXITED), VALUE(0));
	const struct child child = start_with(&builder);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, 1, ENOENT);
	EXPECT_MESSAGE(&child, MESSAGE_FAULT, NO_OP, EPROTO);
	EXPECT_END(&child, EXIT_FAILED);
}

const struct test pseudo_tests[] = {
	{ "gate waits for go", gate_waits_for_go },
	{ "gate ends on another word", gate_ends_on_another_word },
	{ "gate ends when the parent is gone", gate_ends_when_the_parent_is_gone },
	{ "return carries a descriptor and bytes", return_carries_a_descriptor_and_bytes },
	{ "return is limited to 4 MiB and to the data", return_is_limited },
	{ "fork makes a sibling and announces it first", fork_makes_a_sibling },
	{ "fork enters a pid namespace", fork_enters_a_pid_namespace },
	{ "execve ends init and closes the control socket", execve_ends_init },
	{ "execve fails like any op", execve_fails_like_any_op },
	{ "lookup tells why not", lookup_tells_why_not },
	{ "what lookup found can be executed", lookup_result_can_be_executed },
	{ "expect compares a masked number", expect_compares },
	{ "store writes as many bytes as the number is wide", store_writes_so_many_bytes },
	{ "child goes another way", child_goes_another_way },
	{ "child tells its own faults", child_tells_its_own_faults },
	{ 0 },
};
