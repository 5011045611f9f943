/* Made by tools/generate.ts from src/protocol/schema.ts: do not edit, run `npm run generate`.
   Owns the layout of what crosses the control socket, for C. Data only. */

#ifndef OPS_GEN_H
#define OPS_GEN_H

#include <stddef.h>
#include <stdint.h>

#define PROGRAM_MAGIC   0x504f434cu
#define PROGRAM_VERSION 5
#define PROGRAM_MORE    1

#define OP_STORE           1
#define OP_IGNORE          2
#define OP_SKIP_ON_ERRNO   4
#define OP_SKIP_ON_SUCCESS 8

#define ARG_VALUE 0
#define ARG_DATA  1
#define ARG_SLOT  2
#define ARG_LAST  3

#define PSEUDO_BIT      0x80000000u
#define PSEUDO_GATE     0x80000001u
#define PSEUDO_RETURN   0x80000002u
#define PSEUDO_STARTED  0x80000003u
#define PSEUDO_FORK     0x80000004u
#define PSEUDO_EXECVE   0x80000005u
#define PSEUDO_LOOKUP   0x80000006u
#define PSEUDO_EXPECT   0x80000007u
#define PSEUDO_STORE    0x80000008u
#define PSEUDO_BOUNDING 0x80000009u
#define PSEUDO_AWAIT    0x8000000au
#define PSEUDO_CHILD    0x8000000bu
#define PSEUDO_LOAD     0x8000000cu
#define PSEUDO_PICK     0x8000000du
#define PSEUDO_EACH     0x8000000eu
#define PSEUDO_MORTAL   0x8000000fu

/* How many arguments a pseudo-op has. */
#define PSEUDO_GATE_ARGS     1
#define PSEUDO_RETURN_ARGS   4
#define PSEUDO_STARTED_ARGS  0
#define PSEUDO_FORK_ARGS     1
#define PSEUDO_EXECVE_ARGS   5
#define PSEUDO_LOOKUP_ARGS   2
#define PSEUDO_EXPECT_ARGS   5
#define PSEUDO_STORE_ARGS    3
#define PSEUDO_BOUNDING_ARGS 1
#define PSEUDO_AWAIT_ARGS    1
#define PSEUDO_CHILD_ARGS    0
#define PSEUDO_LOAD_ARGS     4
#define PSEUDO_PICK_ARGS     6
#define PSEUDO_EACH_ARGS     2
#define PSEUDO_MORTAL_ARGS   1

#define MESSAGE_STARTED 1
#define MESSAGE_FAULT   2
#define MESSAGE_RETURN  3
#define MESSAGE_GATE    4
#define MESSAGE_FORK    5

#define GATE_GO 1
#define NO_OP   0xffffffffu

#define MAX_OPS              16384
#define MAX_DATA             16777216
#define MAX_DESCRIPTORS      253
#define SLOTS                256
#define CONTROL_SLOT         0
#define CONTROL_FD           3
#define MAX_RETURN           4194304
#define WAITER_STATUS_DIGITS 3

/* what the parent sends first, once per program */
struct program_header {
	uint32_t magic; /* MAGIC */
	uint16_t version; /* VERSION */
	uint16_t flags; /* PROGRAM_* flags */
	uint32_t op_count; /* ops that follow the header */
	uint32_t data_size; /* bytes of data that follow the ops */
	uint32_t scratch_size; /* zeroed bytes that init adds behind the data; not sent */
	uint16_t descriptor_count; /* descriptors sent with the first byte */
	uint16_t descriptor_slot; /* the slot of the first of them; the others follow */
	uint64_t reserved; /* 0 */
};
_Static_assert(sizeof(struct program_header) == 32, "program_header");
_Static_assert(offsetof(struct program_header, magic) == 0, "program_header.magic");
_Static_assert(offsetof(struct program_header, version) == 4, "program_header.version");
_Static_assert(offsetof(struct program_header, flags) == 6, "program_header.flags");
_Static_assert(offsetof(struct program_header, op_count) == 8, "program_header.op_count");
_Static_assert(offsetof(struct program_header, data_size) == 12, "program_header.data_size");
_Static_assert(offsetof(struct program_header, scratch_size) == 16, "program_header.scratch_size");
_Static_assert(offsetof(struct program_header, descriptor_count) == 20, "program_header.descriptor_count");
_Static_assert(offsetof(struct program_header, descriptor_slot) == 22, "program_header.descriptor_slot");
_Static_assert(offsetof(struct program_header, reserved) == 24, "program_header.reserved");

/* a system call or a pseudo-op */
struct op {
	uint32_t nr; /* system call number, or a PSEUDO_* number */
	uint16_t flags; /* OP_* flags */
	uint16_t skip_errno; /* the errno that OP_SKIP_ON_ERRNO and OP_SKIP_ON_SUCCESS know */
	uint8_t kinds[6]; /* ARG_* kind of each argument */
	uint8_t slot; /* where OP_STORE puts the result */
	uint8_t skip; /* ops to skip */
	uint64_t args[6]; /* arguments, by kind */
};
_Static_assert(sizeof(struct op) == 64, "op");
_Static_assert(offsetof(struct op, nr) == 0, "op.nr");
_Static_assert(offsetof(struct op, flags) == 4, "op.flags");
_Static_assert(offsetof(struct op, skip_errno) == 6, "op.skip_errno");
_Static_assert(offsetof(struct op, kinds) == 8, "op.kinds");
_Static_assert(offsetof(struct op, slot) == 14, "op.slot");
_Static_assert(offsetof(struct op, skip) == 15, "op.skip");
_Static_assert(offsetof(struct op, args) == 16, "op.args");

/* what init sends; `length` bytes follow */
struct message {
	uint32_t kind; /* MESSAGE_* kind */
	uint32_t op; /* index of the op, counted through all programs so far */
	uint32_t value; /* fault: errno; gate, return: id; fork: the pid, in the pid namespace of the forking process */
	uint32_t length; /* bytes that follow */
	uint32_t round; /* fault: in what an each repeats, how many texts were done with before */
};
_Static_assert(sizeof(struct message) == 20, "message");
_Static_assert(offsetof(struct message, kind) == 0, "message.kind");
_Static_assert(offsetof(struct message, op) == 4, "message.op");
_Static_assert(offsetof(struct message, value) == 8, "message.value");
_Static_assert(offsetof(struct message, length) == 12, "message.length");
_Static_assert(offsetof(struct message, round) == 16, "message.round");

#endif
