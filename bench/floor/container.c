/* Owns the child's side of the floor: from its birth in new namespaces to execve, by the shortest way that the kernel
   offers. It shares its parent's memory, as after vfork. */

#include "floor.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <grp.h>
#include <unistd.h>

#define PLAIN (MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define CAPABILITIES 0xa80425fbULL /* the 14 of DEFAULT_CAPABILITIES */
#define LAST_CAPABILITY 40

#define MUST(call) ((call) < 0 ? fail(#call) : (void)0)

static void join(const struct floor *floor)
{
	MUST(setsid());
	for (unsigned i = 0; i < floor->tasks.count; i++) {
		int file = open(floor->tasks.items[i].path, O_WRONLY | O_CLOEXEC);
		if (file < 0 || write(file, "0", 1) != 1)
			fail("join a cgroup");
		close(file);
	}
	MUST(unshare(CLONE_NEWCGROUP));
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "_ses.floor");
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	MUST(ioctl(control, SIOCSIFFLAGS, &lo));
	close(control);
}

static void attach_root(const struct floor *floor)
{
	MUST(mount("", "/", NULL, MS_REC | MS_SLAVE, NULL));
	MUST(mount(floor->rootfs, floor->rootfs, NULL, MS_BIND | MS_REC, NULL));
	MUST(mount("", floor->rootfs, NULL, MS_PRIVATE, NULL));
	MUST(chdir(floor->rootfs));
}

static void mount_filesystems(void)
{
	MUST(mount("proc", "proc", "proc", PLAIN, NULL));
	MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
	MUST(mkdir("dev/pts", 0755));
	MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   "newinstance,ptmxmode=0666,mode=0620,gid=5"));
	MUST(mkdir("dev/shm", 0755));
	MUST(mount("shm", "dev/shm", "tmpfs", PLAIN, "mode=1777,size=65536k"));
	MUST(mkdir("dev/mqueue", 0755));
	MUST(mount("mqueue", "dev/mqueue", "mqueue", PLAIN, NULL));
	MUST(mount("sysfs", "sys", "sysfs", PLAIN | MS_RDONLY, NULL));
}

/* A bind takes the flags of its source; the second call sets ours. */
static void bind_readonly(const char *source, const char *target, unsigned long flags)
{
	MUST(mount(source, target, NULL, MS_BIND, NULL));
	MUST(mount("", target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | flags, NULL));
}

static void mount_cgroups(const struct floor *floor)
{
	const char *at = "sys/fs/cgroup";
	if (floor->born_in != NULL)
		return bind_readonly(floor->born_in, at, PLAIN);
	MUST(mount("tmpfs", at, "tmpfs", PLAIN, "mode=755"));
	MUST(chdir(at));
	for (unsigned i = 0; i < floor->views.count; i++) {
		MUST(mkdir(floor->views.items[i].value, 0755));
		bind_readonly(floor->views.items[i].path, floor->views.items[i].value, PLAIN);
	}
	MUST(mount("", ".", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | PLAIN, NULL));
	MUST(chdir(floor->rootfs));
}

static void make_devices(void)
{
	static const struct { const char *name; unsigned major, minor; } nodes[] = {
		{"dev/null", 1, 3}, {"dev/zero", 1, 5}, {"dev/full", 1, 7},
		{"dev/tty", 5, 0}, {"dev/random", 1, 8}, {"dev/urandom", 1, 9}};
	static const char *const links[][2] = {
		{"/proc/self/fd", "dev/fd"}, {"/proc/self/fd/0", "dev/stdin"}, {"/proc/self/fd/1", "dev/stdout"},
		{"/proc/self/fd/2", "dev/stderr"}, {"/proc/kcore", "dev/core"}, {"pts/ptmx", "dev/ptmx"}};
	umask(0);
	for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; i++)
		MUST(mknod(nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
	for (unsigned i = 0; i < sizeof links / sizeof *links; i++)
		MUST(symlink(links[i][0], links[i][1]));
	umask(022);
}

static void make_readonly(const struct list *paths)
{
	for (unsigned i = 0; i < paths->count; i++) {
		const char *path = paths->items[i].path + 1;
		if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0 && errno == ENOENT)
			continue;
		MUST(mount("", path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | PLAIN, NULL));
	}
}

/* Over a file goes /dev/null; over a directory, copies of one empty tmpfs. To try one where the other is right would
   cost an RCU grace period: the kernel waits for one when it drops a mount. */
static void mask(const struct list *paths)
{
	int cover = -1;
	for (unsigned i = 0; i < paths->count; i++) {
		const char *path = paths->items[i].path + 1;
		struct stat status;
		if (stat(path, &status) < 0)
			continue;
		if (!S_ISDIR(status.st_mode)) {
			MUST(mount("dev/null", path, NULL, MS_BIND, NULL));
		} else if (cover < 0) {
			MUST(mount("tmpfs", path, "tmpfs", PLAIN | MS_RDONLY, "size=0,nr_inodes=1,mode=555"));
			cover = (int)syscall(SYS_open_tree, AT_FDCWD, path, O_CLOEXEC);
		} else {
			int tree = (int)syscall(SYS_open_tree, cover, "",
						OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
			MUST(syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH));
			close(tree);
		}
	}
}

static void enter_root(void)
{
	MUST(syscall(SYS_pivot_root, ".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
}

static void give_up_privileges(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		MUST(dup3(null, fd, 0));
	for (int capability = 0; capability <= LAST_CAPABILITY; capability++)
		if ((CAPABILITIES >> capability & 1) == 0)
			MUST(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
	MUST(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	MUST(syscall(SYS_setgroups, 0, NULL));
	MUST(syscall(SYS_setresgid, 0, 0, 0));
	MUST(syscall(SYS_setresuid, 0, 0, 0));
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[2] = {{(uint32_t)CAPABILITIES, (uint32_t)CAPABILITIES, 0}, {0, 0, 0}};
	MUST(syscall(SYS_capset, &header, sets));
	MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	MUST(syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */));
}

int run_container(void *argument)
{
	struct floor *floor = argument;
	floor->at[STAGE_CLONE] = now();
	join(floor);
	floor->at[STAGE_JOIN] = now();
	attach_root(floor);
	floor->at[STAGE_ROOT] = now();
	mount_filesystems();
	floor->at[STAGE_MOUNTS] = now();
	mount_cgroups(floor);
	floor->at[STAGE_CGROUP_MOUNT] = now();
	make_devices();
	floor->at[STAGE_DEVICES] = now();
	make_readonly(&floor->readonly_paths);
	floor->at[STAGE_READONLY] = now();
	mask(&floor->masked_paths);
	floor->at[STAGE_MASK] = now();
	enter_root();
	floor->at[STAGE_PIVOT] = now();
	give_up_privileges();
	floor->at[STAGE_CREDENTIALS] = now();
	char *const environment[] = {(char *)"PATH=/bin", (char *)"HOME=/", NULL};
	execve(floor->argv[0], floor->argv, environment);
	fail("execve");
}
