/* Owns a small stand-in for libFuzzer: random programs that are wrong in few places, the same ones on every
   run. It finds less than `make fuzz`, and needs nothing but a C compiler. */

#include "../protocol/ops.gen.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static uint64_t random_state = 88172645463325252ull;

/* xorshift64 */
static uint64_t below(uint64_t end)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % end;
}

static uint64_t random_number(uint64_t data_size)
{
	switch (below(12)) {
	case 0:
		return below(UINT64_MAX);
	case 1:
		return data_size + below(4) - 2;
	case 2:
		return 250 + below(10);
	case 3:
	case 4:
		return 1u << below(4);
	default:
		return below(data_size / 8 + 1) * 8;
	}
}

static struct op random_op(uint64_t data_size)
{
	static const int arities[] = { 6,
				       PSEUDO_GATE_ARGS,
				       PSEUDO_RETURN_ARGS,
				       PSEUDO_STARTED_ARGS,
				       PSEUDO_FORK_ARGS,
				       PSEUDO_EXECVE_ARGS,
				       PSEUDO_LOOKUP_ARGS,
				       PSEUDO_EXPECT_ARGS,
				       PSEUDO_STORE_ARGS,
				       PSEUDO_BOUNDING_ARGS,
				       PSEUDO_AWAIT_ARGS,
				       PSEUDO_CHILD_ARGS,
				       PSEUDO_LOAD_ARGS,
				       PSEUDO_PICK_ARGS,
				       PSEUDO_EACH_ARGS,
				       PSEUDO_MORTAL_ARGS };
	struct op op = { 0 };
	const int kind = (int)below(sizeof arities / sizeof *arities);

	op.nr = kind == 0 ? below(500) : PSEUDO_BIT + kind;
	if (below(8) == 0)
		op.flags = below(16);
	if (below(8) == 0)
		op.skip = below(4);
	if (below(8) == 0)
		op.skip_errno = below(200);
	for (int i = 0; i < arities[kind]; i++) {
		op.kinds[i] = i == 0 || i == 1 || i == 3 ? below(2) : 0;
		if (below(16) == 0)
			op.kinds[i] = below(4);
		op.args[i] = random_number(data_size);
	}
	if (below(64) == 0)
		((uint8_t *)&op)[below(sizeof op)] = below(256);
	return op;
}

int main(int argc, char **argv)
{
	const long count = argc > 1 ? atol(argv[1]) : 100000;

	for (long i = 0; i < count; i++) {
		struct program_header header = { .op_count = below(4), .scratch_size = below(64) };
		uint8_t bytes[sizeof header + 3 * sizeof(struct op) + 256] = { 0 };
		uint8_t *next = bytes + sizeof header;

		header.data_size = below(33) * 8;
		memcpy(bytes, &header, sizeof header);
		for (uint32_t op = 0; op < header.op_count; op++, next += sizeof(struct op)) {
			const struct op made = random_op(header.data_size);
			memcpy(next, &made, sizeof made);
		}
		for (uint32_t word = 0; word < header.data_size; word += 8, next += 8) {
			const uint64_t made = random_number(header.data_size);
			memcpy(next, &made, sizeof made);
		}
		LLVMFuzzerTestOneInput(bytes, next - bytes);
	}
	printf("%ld random programs, none read or written outside of their memory\n", count);
	return 0;
}
