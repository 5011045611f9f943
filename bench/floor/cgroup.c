/* Owns the cgroup of the floor: directories, limits, the device program of v2, and their removal. It touches the
   directories that its description names and no others. */

#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Limits in their order; a file stays open while the lines that follow go to it. */
static void write_limits(const struct list *writes)
{
	int file = -1;
	for (unsigned i = 0; i < writes->count; i++) {
		const struct pair *item = &writes->items[i];
		if (i == 0 || strcmp(item->path, writes->items[i - 1].path) != 0) {
			close(file);
			file = open(item->path, O_WRONLY | O_CLOEXEC);
		}
		size_t length = strlen(item->value);
		if (file < 0 || write(file, item->value, length) != (ssize_t)length)
			fail(item->path);
	}
	close(file);
}

void make_cgroup(const struct floor *floor)
{
	for (unsigned i = 0; i < floor->directories.count; i++)
		if (mkdir(floor->directories.items[i].path, 0755) < 0)
			fail(floor->directories.items[i].path);
	write_limits(&floor->writes);
	if (floor->device_program != NULL)
		attach_device_program(floor->born_in, floor->device_program);
}

void remove_cgroup(const struct floor *floor)
{
	for (unsigned i = 0; i < floor->directories.count; i++)
		while (rmdir(floor->directories.items[i].path) < 0)
			if (errno != EBUSY)
				fail("rmdir");
}

static long bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static int load_device_program(const char *path)
{
	static char instructions[65536];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = file < 0 ? -1 : read(file, instructions, sizeof instructions);
	if (size <= 0)
		fail(path);
	close(file);
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = (uint32_t)((size_t)size / sizeof(struct bpf_insn)),
		.insns = (uintptr_t)instructions,
		.license = (uintptr_t)"GPL",
	};
	return (int)bpf(BPF_PROG_LOAD, &load);
}

/* The same instructions that the library loads; once, as it does. */
void attach_device_program(const char *directory, const char *path)
{
	static int program = -1;
	if (program < 0)
		program = load_device_program(path);
	int cgroup = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	union bpf_attr attach = {
		.target_fd = (uint32_t)cgroup,
		.attach_bpf_fd = (uint32_t)program,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	if (program < 0 || cgroup < 0 || bpf(BPF_PROG_ATTACH, &attach) < 0)
		fail("device program");
	close(cgroup);
}
