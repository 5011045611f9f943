/* Owns the state of init and the parts that it is made of. There is no other state: no globals, no heap. */

#ifndef INIT_H
#define INIT_H

#include "../protocol/ops.gen.h"
#include <stdbool.h>

/* A program in memory: ops, data, scratch and 8 zero bytes in one mapping. The zeros end every string. */
struct program {
	struct op *ops;
	uint8_t *data;
	/* Bytes of data and scratch; of all that is in memory. */
	uint64_t data_size;
	uint64_t size;
	uint32_t op_count;
	bool more;
};

/* What an each repeats: its own index, and the end of the ops behind it. All is 0 while none runs. */
struct repeat {
	uint32_t begin;
	uint32_t end;
	uint32_t round;
};

struct machine {
	/* Results and descriptors. Unset is -1: no descriptor, no address. */
	uint64_t slots[SLOTS];
	struct program program;
	struct repeat repeat;
	/* Ops of the programs before this one: the parent counts through all of them. */
	uint32_t ops_before;
};

/* A control message with descriptors, as the kernel lays it out: struct cmsghdr and its content, cmsg(3). */
struct rights {
	uint64_t length;
	int32_t level;
	int32_t type;
	int32_t descriptors[MAX_DESCRIPTORS];
};
#define RIGHTS_LENGTH(count) (offsetof(struct rights, descriptors) + (count) * sizeof(int32_t))

/* How init ends when it does not become the container's process; the parent learns why from messages. */
#define EXIT_GIVEN_UP 0
#define EXIT_FAILED 127
/* And the number of the signal, as shells have it. */
#define EXIT_SIGNALED 128

/* decode.c: makes no system call, so that it can be fuzzed. */

/* Whether a header is one of this version and within all limits. */
bool check_header(const struct program_header *header);
/* Bytes that a program needs behind its header, in memory. */
uint64_t program_size(const struct program_header *header);
/* A program whose ops and data are at `memory`, which is aligned to 8. Nothing is checked but the header. */
struct program place_program(const struct program_header *header, void *memory);
/* Checks every op and turns the offsets in tables into addresses. Returns the first wrong op, or NO_OP. */
uint32_t decode_program(struct program *program);

/* control.c: all traffic on the control socket. */

/* Sends a message, with a descriptor unless that is -1. Returns 0 or the negated errno. */
long send_message(const struct machine *machine, const struct message *message, int descriptor);
long send_bytes(const struct machine *machine, const void *bytes, uint64_t length);
/* Reads until `length` bytes are there or the other end closes: the bytes read, or the negated errno. */
long read_bytes(long descriptor, void *bytes, uint64_t length);
/* The number of an op of the current program among those of all. */
uint32_t op_number(const struct machine *machine, uint32_t index);
_Noreturn void fault(const struct machine *machine, uint32_t op, long error);
_Noreturn void quit(int status);

/* receive.c: takes the next program off the socket and checks it, or does not return. */
void receive_program(struct machine *machine);
void release_program(const struct machine *machine);

/* wait.c: waits for the child whose pidfd argv[1] names and exits with its status; or, given more, executes what argv[2]
   names, with argv[3] and the rest, the exit status written over the last of them. */
_Noreturn void run_waiter(long argc, char **argv, char **envp);

/* run.c and pseudo.c */

/* Runs a program to its end, unless an op executes another image or fails. */
void run_program(struct machine *machine);
/* Returns like a system call. `args` are the op's, resolved. */
long run_pseudo(struct machine *machine, uint32_t index, const uint64_t args[6]);

#endif
