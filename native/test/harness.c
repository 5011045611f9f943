/* Owns the harness of harness.h and main(): runs every test in a process of its own and prints TAP. */

#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct builder new_program(uint32_t scratch_size)
{
	return (struct builder){ .header = {
					 .magic = PROGRAM_MAGIC,
					 .version = PROGRAM_VERSION,
					 .scratch_size = scratch_size,
				 } };
}

uint64_t put(struct builder *builder, const void *bytes, size_t size)
{
	const uint32_t offset = (builder->header.data_size + 7) & ~7u;

	if (offset + size > sizeof builder->data)
		abort();
	if (size > 0)
		memcpy(builder->data + offset, bytes, size);
	builder->header.data_size = offset + size;
	return offset;
}

uint64_t put_text(struct builder *builder, const char *text)
{
	return put(builder, text, strlen(text) + 1);
}

uint64_t put_table(struct builder *builder, const char *const texts[])
{
	uint64_t offsets[32] = { 0 };
	size_t count = 0;

	for (; texts[count] != NULL; count++)
		offsets[count] = put_text(builder, texts[count]);
	return put(builder, offsets, 8 * (count + 1));
}

uint64_t scratch_of(const struct builder *builder)
{
	return builder->header.data_size;
}

struct op *add_op(struct builder *builder, uint32_t nr, const struct arg *args, int count)
{
	struct op *op = &builder->ops[builder->header.op_count++];

	op->nr = nr;
	for (int i = 0; i < count; i++) {
		op->kinds[i] = args[i].kind;
		op->args[i] = args[i].value;
	}
	return op;
}

void store_in(struct op *op, uint8_t slot)
{
	op->flags |= OP_STORE;
	op->slot = slot;
}

void skip_on(struct op *op, uint16_t flag, uint16_t error, uint8_t skip)
{
	op->flags |= flag;
	op->skip_errno = error;
	op->skip = skip;
}

struct child start_init(void)
{
	const char *runner = getenv("INIT_RUNNER");
	const char *init = getenv("INIT");
	int pair[2];

	if (init == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	const pid_t pid = fork();
	if (pid == 0) {
		for (int target = 0; target <= CONTROL_FD; target++)
			if (dup3(pair[1], target, 0) < 0 && errno != EINVAL)
				_exit(126);
		if (pair[1] == CONTROL_FD)
			fcntl(CONTROL_FD, F_SETFD, 0);
		close_range(CONTROL_FD + 1, ~0u, 0);
		if (runner != NULL)
			execl(runner, runner, init, (char *)NULL);
		execl(init, "libcontainer", (char *)NULL);
		_exit(126);
	}
	close(pair[1]);
	return (struct child){ .pid = pid, .socket = pair[0] };
}

void send_bytes(const struct child *child, const void *bytes, size_t size)
{
	/* An init that refused the start of it does not read the rest. */
	if (send(child->socket, bytes, size, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		abort();
}

void send_program(const struct child *child, const struct builder *builder)
{
	char control[CMSG_SPACE(sizeof builder->descriptors)] __attribute__((aligned(8))) = { 0 };
	const size_t size = builder->descriptor_count * sizeof(int);
	struct iovec parts[] = {
		{ (void *)&builder->header, sizeof builder->header },
		{ (void *)builder->ops, builder->header.op_count * sizeof(struct op) },
		{ (void *)builder->data, builder->header.data_size },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };

	if (size > 0) {
		struct cmsghdr *rights = (struct cmsghdr *)control;
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(rights), builder->descriptors, size);
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(size);
	}
	if (sendmsg(child->socket, &message, MSG_NOSIGNAL) < 0)
		abort();
}

struct reply receive(const struct child *child)
{
	static uint8_t *bytes;
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct reply reply = { .descriptor = -1 };
	struct iovec part = { &reply.message, sizeof reply.message };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	const ssize_t got = recvmsg(child->socket, &message, MSG_CMSG_CLOEXEC);

	free(bytes);
	bytes = NULL;
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return reply;
	if (got != sizeof reply.message)
		abort();
	reply.there = true;
	if (message.msg_controllen > 0)
		memcpy(&reply.descriptor, CMSG_DATA((struct cmsghdr *)control), sizeof(int));
	if (reply.message.length > 0) {
		bytes = malloc(reply.message.length);
		if (recv(child->socket, bytes, reply.message.length, MSG_WAITALL) != reply.message.length)
			abort();
		reply.bytes = bytes;
	}
	return reply;
}

void expect_at(bool condition, const char *text, const char *file, int line)
{
	if (condition)
		return;
	printf("# %s:%d: %s\n", file, line, text);
	exit(1);
}

struct reply expect_message_at(const struct child *child, uint32_t kind, uint32_t op, uint32_t value,
			       const char *file, int line)
{
	const struct reply reply = receive(child);
	const struct message *found = &reply.message;

	expect_at(reply.there, "there is a message", file, line);
	if (found->kind == kind && found->op == op && found->value == value)
		return reply;
	printf("# message: kind %u, op %d, value %u\n", found->kind, (int)found->op, found->value);
	expect_at(false, "it is the expected one", file, line);
	return reply;
}

void expect_end_at(const struct child *child, int status, const char *file, int line)
{
	const struct reply reply = receive(child);
	int found;

	if (reply.there)
		printf("# message: kind %u, op %d, value %u\n", reply.message.kind, (int)reply.message.op,
		       reply.message.value);
	expect_at(!reply.there, "the socket ends", file, line);
	expect_at(waitpid(child->pid, &found, 0) == child->pid, "the process ends", file, line);
	found = WIFEXITED(found) ? WEXITSTATUS(found) : -WTERMSIG(found);
	if (found != status)
		printf("# exit status %d\n", found);
	expect_at(found == status, "its status is the expected one", file, line);
	close(child->socket);
}

static bool run_test(const struct test *test, int number)
{
	int status = 0;

	fflush(stdout);
	const pid_t pid = fork();
	if (pid == 0) {
		alarm(20);
		test->run();
		exit(0);
	}
	const bool passed = waitpid(pid, &status, 0) == pid && status == 0;
	if (WIFSIGNALED(status))
		printf("# ended by signal %d\n", WTERMSIG(status));
	printf("%s %d - %s\n", passed ? "ok" : "not ok", number, test->name);
	return passed;
}

int main(void)
{
	const struct test *files[] = { op_tests, pseudo_tests, bounding_tests, await_tests, protocol_tests };
	int number = 0;
	int failed = 0;

	for (size_t file = 0; file < sizeof files / sizeof *files; file++)
		for (const struct test *test = files[file]; test->name != NULL; test++)
			failed += !run_test(test, ++number);
	printf("1..%d\n%d passed, %d failed\n", number, number - failed, failed);
	return failed > 0;
}
