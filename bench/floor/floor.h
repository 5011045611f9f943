/* Owns what the files of the floor share: the container's description, and the clock of its stages. The floor is what
   the kernel needs for a container, from C that does nothing else: no check, no look-up, no state. */

#pragma once

#include <stdint.h>

#define MAX_LINES 64

/* What is timed, in the order in which it happens. */
enum stage {
	STAGE_BEGIN,
	STAGE_CGROUP,
	STAGE_CLONE,
	STAGE_JOIN,
	STAGE_ROOT,
	STAGE_MOUNTS,
	STAGE_CGROUP_MOUNT,
	STAGE_DEVICES,
	STAGE_READONLY,
	STAGE_MASK,
	STAGE_PIVOT,
	STAGE_CREDENTIALS,
	STAGE_PROCESS,
	STAGE_REMOVE,
	STAGES
};

struct pair {
	const char *path;
	const char *value;
};

struct list {
	struct pair items[MAX_LINES];
	unsigned count;
};

/* The container, as bench/bundle.ts writes it. */
struct floor {
	const char *rootfs;
	const char *born_in; /* v2: the cgroup for CLONE_INTO_CGROUP */
	const char *device_program; /* v2: a file of BPF instructions */
	struct list directories; /* cgroups to make */
	struct list writes; /* limits: file and value */
	struct list tasks; /* v1: files to join by */
	struct list views; /* cgroup directories and their names inside */
	struct list readonly_paths;
	struct list masked_paths;
	char **argv;
	int64_t at[STAGES]; /* nanoseconds; parent and child write to it, as they share memory until execve */
};

_Noreturn void fail(const char *what);
int64_t now(void);
void make_cgroup(const struct floor *floor);
void remove_cgroup(const struct floor *floor);
void attach_device_program(const char *directory, const char *path);
int run_container(void *argument);
