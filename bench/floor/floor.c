/* Owns the parent's side of the floor: it makes the cgroup, clones with vfork semantics, waits, and removes.
   "floor CONTAINER once" makes one container and exits with its status; "floor CONTAINER serve" answers requests on
   standard input ("start N", "stages N", "saturate SECONDS") with one line of JSON each. */

#include "floor.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK_SIZE (64u << 10)
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET)

long spawn_clone3(struct clone_args *args, size_t size, int (*child)(void *), void *argument);

_Noreturn void fail(const char *what)
{
	/* Also in the child, whose standard error is /dev/null by then: the parent tells the exit status. */
	perror(what);
	_exit(125);
}

int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void append(struct list *list, const char *path, const char *value)
{
	if (list->count == MAX_LINES)
		fail("too many lines");
	list->items[list->count++] = (struct pair){path, value};
}

/* One line of the description: KEY TAB VALUE [TAB VALUE]. The strings stay where they are. */
static void read_line(struct floor *floor, char *line)
{
	const char *key = strtok(line, "\t");
	const char *first = strtok(NULL, "\t");
	const char *second = strtok(NULL, "\t");
	if (key == NULL || first == NULL)
		return;
	if (strcmp(key, "rootfs") == 0)
		floor->rootfs = first;
	else if (strcmp(key, "born_in") == 0)
		floor->born_in = first;
	else if (strcmp(key, "device_program") == 0)
		floor->device_program = first;
	else if (strcmp(key, "directory") == 0)
		append(&floor->directories, first, NULL);
	else if (strcmp(key, "write") == 0)
		append(&floor->writes, first, second);
	else if (strcmp(key, "tasks") == 0)
		append(&floor->tasks, first, NULL);
	else if (strcmp(key, "view") == 0)
		append(&floor->views, first, second);
	else if (strcmp(key, "readonly") == 0)
		append(&floor->readonly_paths, first, NULL);
	else if (strcmp(key, "mask") == 0)
		append(&floor->masked_paths, first, NULL);
	else
		fail(key);
}

static void read_floor(struct floor *floor, const char *path)
{
	static char text[65536];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
	if (length < 0)
		fail(path);
	close(file);
	char *lines[4 * MAX_LINES];
	unsigned count = 0;
	for (char *line = strtok(text, "\n"); line != NULL && count < 4 * MAX_LINES; line = strtok(NULL, "\n"))
		lines[count++] = line;
	for (unsigned i = 0; i < count; i++)
		read_line(floor, lines[i]);
}

static int run_once(struct floor *floor)
{
	static char stack[STACK_SIZE] __attribute__((aligned(16)));
	int pidfd = -1, status;
	floor->at[STAGE_BEGIN] = now();
	make_cgroup(floor);
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | NAMESPACES,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof stack,
	};
	int born_in = -1;
	if (floor->born_in != NULL) {
		born_in = open(floor->born_in, O_PATH | O_DIRECTORY | O_CLOEXEC);
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)born_in;
	}
	floor->at[STAGE_CGROUP] = now();
	long pid = spawn_clone3(&args, sizeof args, run_container, floor);
	if (pid < 0)
		fail("clone3");
	if (waitpid((pid_t)pid, &status, 0) != pid)
		fail("waitpid");
	floor->at[STAGE_PROCESS] = now();
	close(pidfd);
	if (born_in >= 0)
		close(born_in);
	remove_cgroup(floor);
	floor->at[STAGE_REMOVE] = now();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void must_run(struct floor *floor)
{
	if (run_once(floor) != 0)
		fail("the container failed");
}

static void answer_start(struct floor *floor, int count)
{
	printf("{\"times\":[");
	for (int i = 0; i < count; i++) {
		must_run(floor);
		printf("%s%.4f", i ? "," : "", (double)(floor->at[STAGE_REMOVE] - floor->at[STAGE_BEGIN]) / 1e6);
	}
	printf("]}\n");
}

static void answer_stages(struct floor *floor, int count)
{
	printf("{\"stages\":[");
	for (int i = 0; i < count; i++) {
		must_run(floor);
		printf("%s[", i ? "," : "");
		for (int stage = 1; stage < STAGES; stage++)
			printf("%s%.1f", stage > 1 ? "," : "", (double)(floor->at[stage] - floor->at[stage - 1]) / 1e3);
		printf("]");
	}
	printf("]}\n");
}

static void answer_saturate(struct floor *floor, double seconds)
{
	int64_t start = now(), end = start + (int64_t)(seconds * 1e9);
	int count = 0;
	for (; now() < end; count++)
		must_run(floor);
	printf("{\"count\":%d,\"seconds\":%.4f}\n", count, (double)(now() - start) / 1e9);
}

int main(int argc, char **argv)
{
	static struct floor floor;
	static char *command[] = {(char *)"/bin/true", NULL};
	char line[128];
	if (argc != 3)
		return 125;
	floor.argv = command;
	read_floor(&floor, argv[1]);
	if (strcmp(argv[2], "once") == 0)
		return run_once(&floor);
	while (fgets(line, sizeof line, stdin) != NULL) {
		const char *verb = strtok(line, " \n");
		const char *number = strtok(NULL, " \n");
		if (verb == NULL || number == NULL)
			fail("request");
		if (strcmp(verb, "start") == 0)
			answer_start(&floor, atoi(number));
		else if (strcmp(verb, "stages") == 0)
			answer_stages(&floor, atoi(number));
		else if (strcmp(verb, "saturate") == 0)
			answer_saturate(&floor, atof(number));
		else
			fail(verb);
		fflush(stdout);
	}
	return 0;
}
