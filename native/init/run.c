/* Owns the loop: ops one after another, and what a result means for the next. It decides nothing else. */

#include "init.h"
#include "syscall.h"

static uint64_t resolve(const struct machine *machine, const struct op *op, int i)
{
	switch (op->kinds[i]) {
	case ARG_DATA:
		return (uint64_t)(machine->program.data + op->args[i]);
	case ARG_SLOT:
	case ARG_LAST:
		return machine->slots[op->args[i]];
	default:
		return op->args[i];
	}
}

static long run_op(struct machine *machine, uint32_t index)
{
	const struct op *op = &machine->program.ops[index];
	uint64_t args[6];

	for (int i = 0; i < 6; i++)
		args[i] = resolve(machine, op, i);
	if (op->nr & PSEUDO_BIT)
		return run_pseudo(machine, index, args);
	return SYSCALL(op->nr, args[0], args[1], args[2], args[3], args[4], args[5]);
}

/* Whatever came of the op: nobody else would close them. */
static void close_last(struct machine *machine, const struct op *op)
{
	for (int i = 0; i < 6; i++) {
		if (op->kinds[i] != ARG_LAST)
			continue;
		SYSCALL(__NR_close, machine->slots[op->args[i]]);
		machine->slots[op->args[i]] = (uint64_t)-1;
	}
}

/* How many ops an error skips; an error that the op does not expect ends init. */
static uint32_t skip_on_error(const struct machine *machine, uint32_t index, long error)
{
	const struct op *op = &machine->program.ops[index];

	if (op->skip_errno == error)
		return op->flags & OP_SKIP_ON_ERRNO ? op->skip : 0;
	if (!(op->flags & OP_IGNORE))
		fault(machine, index, error);
	return 0;
}

void run_program(struct machine *machine)
{
	uint32_t index = 0;

	while (index < machine->program.op_count) {
		const struct op *op = &machine->program.ops[index];
		const long result = run_op(machine, index);

		close_last(machine, op);
		if (is_error(result)) {
			index += skip_on_error(machine, index, -result);
		} else {
			if (op->flags & OP_STORE)
				machine->slots[op->slot] = result;
			if (op->flags & OP_SKIP_ON_SUCCESS)
				index += op->skip;
		}
		index++;
		if (machine->repeat.end != 0 && index == machine->repeat.end)
			index = machine->repeat.begin;
	}
}
