/* Owns the fuzz target of the decoder: whatever bytes come, it touches only the program, and what it accepts
   can be run without another check. Memory is of the exact size, so that sanitizers see one byte too far. */

#include "../init/init.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Reads a string to its end; the sanitizer knows where it must be. */
static void touch_text(uint64_t address)
{
	volatile size_t length = strlen((const char *)address);
	(void)length;
}

static void touch_table(const struct program *program, const struct op *op, int arg)
{
	const uint64_t *table = (const uint64_t *)(program->data + op->args[arg]);
	const uint64_t count = op->args[arg + 1];
	const uint64_t base = (uint64_t)program->data;

	require(op->kinds[arg] == ARG_DATA && op->kinds[arg + 1] == ARG_VALUE);
	require(op->args[arg] + 8 * (count + 1) <= program->data_size);
	for (uint64_t i = 0; i < count; i++) {
		/* Where tables overlap, an entry of one may be the end of another. */
		require(table[i] == 0 || table[i] - base <= program->data_size);
		if (table[i] != 0)
			touch_text(table[i]);
	}
}

/* All that run.c and pseudo.c do to memory of init, without the system calls. */
static void touch_op(const struct program *program, const struct op *op, uint32_t index)
{
	require(index + 1 + op->skip <= program->op_count);
	for (int i = 0; i < 6; i++) {
		require(op->kinds[i] <= ARG_LAST);
		require(op->kinds[i] < ARG_SLOT || op->args[i] < SLOTS);
		if (op->kinds[i] == ARG_DATA)
			touch_text((uint64_t)(program->data + op->args[i]));
	}
	switch (op->nr) {
	case PSEUDO_RETURN:
		require(op->kinds[2] != ARG_DATA || op->args[2] <= program->data_size);
		break;
	case PSEUDO_EXECVE:
		touch_table(program, op, 1);
		touch_table(program, op, 3);
		break;
	case PSEUDO_EACH:
		require(op->flags == (OP_STORE | OP_SKIP_ON_ERRNO));
		for (uint32_t i = index + 1; i <= index + op->skip; i++) {
			require(program->ops[i].nr != PSEUDO_EACH);
			require(i + program->ops[i].skip <= index + op->skip);
		}
		touch_table(program, op, 0);
		break;
	case PSEUDO_LOOKUP:
		touch_table(program, op, 0);
		break;
	case PSEUDO_EXPECT:
	case PSEUDO_STORE:
	case PSEUDO_LOAD:
	case PSEUDO_PICK:
		require(op->kinds[0] == ARG_DATA && op->kinds[1] == ARG_VALUE && op->args[1] <= 8);
		require(op->args[0] + op->args[1] <= program->data_size);
		for (uint64_t i = 0; i < op->args[1]; i++)
			((volatile uint8_t *)program->data)[op->args[0] + i] ^= 0;
		break;
	default:
		break;
	}
}

static void decode(const struct program_header *header, const uint8_t *bytes, size_t size)
{
	const uint64_t wanted = program_size(header);
	uint8_t *memory = calloc(1, wanted);

	memcpy(memory, bytes, size);
	struct program program = place_program(header, memory);
	require(program.size == wanted);
	const uint32_t wrong = decode_program(&program);
	require(wrong == NO_OP || wrong < program.op_count);
	if (wrong == NO_OP)
		for (uint32_t index = 0; index < program.op_count; index++)
			touch_op(&program, &program.ops[index], index);
	free(memory);
}

/* The first 32 bytes are the header. As few inputs would pass for a program, lengths are made to fit them. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct program_header header;

	if (size < sizeof header)
		return 0;
	memcpy(&header, bytes, sizeof header);
	bytes += sizeof header;
	size -= sizeof header;
	if (check_header(&header) && header.op_count * sizeof(struct op) + header.data_size == size)
		decode(&header, bytes, size);
	header.magic = PROGRAM_MAGIC;
	header.version = PROGRAM_VERSION;
	header.flags &= PROGRAM_MORE;
	header.reserved = 0;
	header.op_count %= size / sizeof(struct op) + 1;
	header.data_size = size - header.op_count * sizeof(struct op);
	header.scratch_size %= 4096;
	header.descriptor_count = 0;
	header.descriptor_slot %= SLOTS;
	require(check_header(&header));
	decode(&header, bytes, size);
	return 0;
}
