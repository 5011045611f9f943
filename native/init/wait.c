/* Owns the waiter: what a command is while the process that it started runs on. It passes signals on, takes the end
   of every child, and at the end passes its status on, or becomes the command again, which cleans up. It decides
   nothing, and is in no container. */

#include "init.h"
#include "syscall.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/wait.h>

#define FIRST_OTHER 3 /* behind the standard streams */

/* For the kernel, which knows 64 signals; those that nobody can block it passes over. */
static const uint64_t all_signals = ~0ull;

static long wait_nohang(int type, long which, int options, siginfo_t *end)
{
	end->si_pid = 0;
	return SYSCALL(__NR_waitid, type, which, end, WEXITED | WNOHANG | options, 0);
}

/* Takes the end of the process, if it has ended. */
static bool has_ended(int process, siginfo_t *end)
{
	if (wait_nohang(P_PIDFD, process, 0, end) < 0)
		quit(EXIT_FAILED); /* no child of ours */
	return end->si_pid != 0;
}

/* Takes the end of every child but the process; true when that has ended too. */
static bool reap(int process, siginfo_t *end)
{
	siginfo_t other;

	for (;;) {
		if (has_ended(process, end))
			return true;
		if (wait_nohang(P_ALL, 0, WNOWAIT, &other) < 0 || other.si_pid == 0)
			return false;
		/* If the one that was seen is the process, it is taken above. */
		if (has_ended(process, end))
			return true;
		wait_nohang(P_PID, other.si_pid, 0, &other);
	}
}

/* SIGCHLD is for us; the size of a terminal that we have not, and a pipe that we do not write to, are for nobody. */
static bool is_passed_on(long signal)
{
	return signal > 0 && signal != SIGCHLD && signal != SIGWINCH && signal != SIGURG && signal != SIGPIPE;
}

static int wait_for_process(int process)
{
	siginfo_t end;

	while (!reap(process, &end)) {
		const long signal =
			SYSCALL(__NR_rt_sigtimedwait, &all_signals, 0, 0, sizeof all_signals);

		if (is_passed_on(signal))
			SYSCALL(__NR_pidfd_send_signal, process, signal);
	}
	return end.si_code == CLD_EXITED ? end.si_status : EXIT_SIGNALED + end.si_status;
}

/* The command line is our own: the descriptor of the process; where there is a program to become, its descriptor too,
   then the program's arguments, of which the last one has room for the exit status. */
static int descriptor_of(const char *text)
{
	int number = 0;

	while (*text >= '0' && *text <= '9')
		number = number * 10 + (*text++ - '0');
	return number;
}

/* Whatever else the command had open: the container has its own, and who listens at a pipe waits for its end. */
static void close_others(int process, int program)
{
	const unsigned low = process < program ? process : program;
	const unsigned high = process < program ? program : process;

	if (low > FIRST_OTHER)
		SYSCALL(__NR_close_range, FIRST_OTHER, low - 1, 0);
	if (high > low + 1)
		SYSCALL(__NR_close_range, low + 1, high - 1, 0);
	SYSCALL(__NR_close_range, high + 1, ~0u, 0);
}

static void write_status(char *text, int status)
{
	for (int digit = WAITER_STATUS_DIGITS - 1; digit >= 0; digit--, status /= 10)
		text[digit] = (char)('0' + status % 10);
}

_Noreturn void run_waiter(long argc, char **argv, char **envp)
{
	const bool comes_back = argc > 3;
	const int process = descriptor_of(argv[1]);
	const int program = comes_back ? descriptor_of(argv[2]) : process;

	SYSCALL(__NR_rt_sigprocmask, SIG_SETMASK, &all_signals, 0, sizeof all_signals);
	close_others(process, program);
	SYSCALL(__NR_prctl, PR_SET_NAME, "libcontainer:w");
	const int status = wait_for_process(process);
	if (comes_back) {
		write_status(argv[argc - 1], status);
		SYSCALL(__NR_execveat, program, "", argv + 3, envp, AT_EMPTY_PATH);
		/* Nobody cleans up, but the caller hears how it went. */
	}
	quit(status);
}
