/* Owns the life of init: how it begins, one program after another, how it ends. init runs the system calls
   that the parent lists, in the namespaces where it was started, until an execve. It decides nothing. With arguments
   it is the waiter. */

#include "init.h"
#include "syscall.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>

#if defined(__x86_64__)
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call init_main\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	bl init_main\n");
#endif

_Noreturn void init_main(long *stack);

/* Signals of the host may be blocked at this point, and some ignored: an op resets those. */
static void unblock_signals(void)
{
	const uint64_t none = 0;

	SYSCALL(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, 0, sizeof none);
}

static void enter(struct machine *machine)
{
	for (int slot = 0; slot < SLOTS; slot++)
		machine->slots[slot] = (uint64_t)-1;
	machine->slots[CONTROL_SLOT] = CONTROL_FD;
	machine->repeat = (struct repeat){ 0 };
	machine->ops_before = 0;

	/* CVE-2016-9962: until execve nobody in a container that is joined may look into this process. */
	const long undumpable = SYSCALL(__NR_prctl, PR_SET_DUMPABLE, 0);
	if (undumpable < 0)
		fault(machine, NO_OP, -undumpable);
	SYSCALL(__NR_prctl, PR_SET_NAME, "libcontainer");
	unblock_signals();
	/* No copy of the control socket may outlive execve: its end is the parent's proof. */
	for (int descriptor = 0; descriptor <= CONTROL_FD; descriptor++) {
		const long closed = SYSCALL(__NR_fcntl, descriptor, F_SETFD, FD_CLOEXEC);

		if (closed < 0)
			fault(machine, NO_OP, -closed);
	}
}

static _Noreturn void run_programs(void)
{
	struct machine machine;
	bool more;

	enter(&machine);
	do {
		receive_program(&machine);
		run_program(&machine);
		more = machine.program.more;
		machine.ops_before += machine.program.op_count;
		release_program(&machine);
	} while (more);
	/* A last program ends in execve, or is wrong. */
	fault(&machine, NO_OP, EPROTO);
}

/* The stack as the kernel made it: the count of arguments, the arguments, NULL, the environment. Init has one
   argument, its name. */
_Noreturn void init_main(long *stack)
{
	char **argv = (char **)(stack + 1);

	if (stack[0] > 1)
		run_waiter(stack[0], argv, argv + stack[0] + 1);
	run_programs();
}
