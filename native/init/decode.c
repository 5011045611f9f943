/* Owns the check of a program before its first op runs: every number that init itself goes by is known and in
   range afterwards. What is not understood is refused. No system calls: tests and fuzzers build it hosted. */

#include "init.h"
#include <errno.h>

/* Kept behind scratch, so that a string at any offset ends. */
#define GUARD_SIZE 8
/* The largest errno that a system call can return. */
#define LAST_ERRNO 4095

bool check_header(const struct program_header *header)
{
	return header->magic == PROGRAM_MAGIC && header->version == PROGRAM_VERSION &&
	       (header->flags & ~PROGRAM_MORE) == 0 && header->reserved == 0 && header->op_count <= MAX_OPS &&
	       header->data_size <= MAX_DATA && header->scratch_size <= MAX_DATA - header->data_size &&
	       header->descriptor_count <= MAX_DESCRIPTORS &&
	       header->descriptor_slot + header->descriptor_count <= SLOTS &&
	       (header->descriptor_count == 0 || header->descriptor_slot != CONTROL_SLOT);
}

uint64_t program_size(const struct program_header *header)
{
	return header->op_count * sizeof(struct op) + header->data_size + header->scratch_size + GUARD_SIZE;
}

struct program place_program(const struct program_header *header, void *memory)
{
	struct op *ops = memory;

	return (struct program){
		.ops = ops,
		.data = (uint8_t *)(ops + header->op_count),
		.data_size = (uint64_t)header->data_size + header->scratch_size,
		.size = program_size(header),
		.op_count = header->op_count,
		.more = (header->flags & PROGRAM_MORE) != 0,
	};
}

static bool is_inside(const struct program *program, uint64_t offset, uint64_t size)
{
	return size <= program->data_size && offset <= program->data_size - size;
}

static bool check_flags(const struct op *op, uint32_t ops_behind)
{
	const uint16_t skips = op->flags & (OP_SKIP_ON_ERRNO | OP_SKIP_ON_SUCCESS);

	if (op->flags & ~(OP_STORE | OP_IGNORE | OP_SKIP_ON_ERRNO | OP_SKIP_ON_SUCCESS))
		return false;
	if (skips == (OP_SKIP_ON_ERRNO | OP_SKIP_ON_SUCCESS))
		return false;
	if (skips == 0 && (op->skip != 0 || op->skip_errno != 0))
		return false;
	if (skips == OP_SKIP_ON_ERRNO && op->skip_errno == 0)
		return false;
	if (!(op->flags & OP_STORE) && op->slot != 0)
		return false;
	return op->skip_errno <= LAST_ERRNO && op->skip <= ops_behind;
}

static bool check_args(const struct program *program, const struct op *op)
{
	for (int i = 0; i < 6; i++) {
		if (op->kinds[i] == ARG_DATA && op->args[i] > program->data_size)
			return false;
		if (op->kinds[i] >= ARG_SLOT && op->args[i] >= SLOTS)
			return false;
		if (op->kinds[i] > ARG_LAST)
			return false;
	}
	return true;
}

static bool check_arity(const struct op *op, int count)
{
	for (int i = count; i < 6; i++) {
		if (op->kinds[i] != ARG_VALUE || op->args[i] != 0)
			return false;
	}
	return true;
}

/* Arguments 0 and 1: the address of a number, and its width. */
static bool check_number(const struct program *program, const struct op *op)
{
	const uint64_t width = op->args[1];

	return op->kinds[0] == ARG_DATA && op->kinds[1] == ARG_VALUE &&
	       (width == 1 || width == 2 || width == 4 || width == 8) &&
	       is_inside(program, op->args[0], width);
}

/* Arguments `arg` and the next: a table of offsets of strings, and their count. Offsets become addresses, and
   the word behind them NULL. Several ops may share a table: an address that is one of ours stays. */
static bool link_table(struct program *program, const struct op *op, int arg)
{
	const uint64_t offset = op->args[arg];
	const uint64_t count = op->args[arg + 1];
	const uint64_t base = (uint64_t)program->data;

	if (op->kinds[arg] != ARG_DATA || op->kinds[arg + 1] != ARG_VALUE || offset % 8 != 0)
		return false;
	if (count >= MAX_DATA / 8 || !is_inside(program, offset, 8 * (count + 1)))
		return false;
	uint64_t *table = (uint64_t *)(program->data + offset);
	for (uint64_t i = 0; i < count; i++) {
		if (table[i] <= program->data_size)
			table[i] += base;
		else if (table[i] - base > program->data_size)
			return false;
	}
	table[count] = 0;
	return true;
}

/* It goes by its error ENODATA, and is nothing without its result. */
static bool check_each(const struct op *op)
{
	return check_arity(op, PSEUDO_EACH_ARGS) && op->flags == (OP_STORE | OP_SKIP_ON_ERRNO) &&
	       op->skip_errno == ENODATA;
}

static bool decode_pseudo(struct program *program, const struct op *op)
{
	switch (op->nr) {
	case PSEUDO_GATE:
		return check_arity(op, PSEUDO_GATE_ARGS);
	case PSEUDO_RETURN:
		return check_arity(op, PSEUDO_RETURN_ARGS) &&
		       (op->kinds[2] == ARG_DATA || (op->kinds[2] == ARG_VALUE && op->args[2] == 0));
	case PSEUDO_STARTED:
		return check_arity(op, PSEUDO_STARTED_ARGS);
	case PSEUDO_FORK:
		return check_arity(op, PSEUDO_FORK_ARGS);
	case PSEUDO_EXECVE:
		return check_arity(op, PSEUDO_EXECVE_ARGS) && op->kinds[0] != ARG_VALUE &&
		       link_table(program, op, 1) && link_table(program, op, 3);
	case PSEUDO_LOOKUP:
		return check_arity(op, PSEUDO_LOOKUP_ARGS) && link_table(program, op, 0);
	case PSEUDO_EXPECT:
		return check_arity(op, PSEUDO_EXPECT_ARGS) && check_number(program, op) &&
		       op->kinds[4] == ARG_VALUE && op->args[4] >= 1 && op->args[4] <= LAST_ERRNO;
	case PSEUDO_STORE:
		return check_arity(op, PSEUDO_STORE_ARGS) && check_number(program, op);
	case PSEUDO_LOAD:
		return check_arity(op, PSEUDO_LOAD_ARGS) && check_number(program, op);
	case PSEUDO_EACH:
		return check_each(op) && link_table(program, op, 0);
	case PSEUDO_PICK:
		return check_number(program, op);
	case PSEUDO_BOUNDING:
		return check_arity(op, PSEUDO_BOUNDING_ARGS);
	case PSEUDO_AWAIT:
		return check_arity(op, PSEUDO_AWAIT_ARGS);
	case PSEUDO_CHILD:
		return check_arity(op, PSEUDO_CHILD_ARGS);
	case PSEUDO_MORTAL:
		return check_arity(op, PSEUDO_MORTAL_ARGS);
	default:
		return false;
	}
}

uint32_t decode_program(struct program *program)
{
	/* Of the ops that an each repeats: none of them skips further, or is an each. */
	uint32_t end = 0;

	for (uint32_t index = 0; index < program->op_count; index++) {
		const struct op *op = &program->ops[index];

		if (!check_flags(op, program->op_count - index - 1) || !check_args(program, op))
			return index;
		if ((op->nr & PSEUDO_BIT) && !decode_pseudo(program, op))
			return index;
		if (index < end && (op->nr == PSEUDO_EACH || index + 1 + op->skip > end))
			return index;
		if (op->nr == PSEUDO_EACH)
			end = index + 1 + op->skip;
	}
	return NO_OP;
}
