/* Owns the init image: a memfd with the bytes of init, sealed against every change before anybody can run it.
   The image is all that a container ever sees of this program; it must never be writable again
   (CVE-2019-5736). */

#include "kernel.h"
#include "../init/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

/* Newer than the headers of Debian 12. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

#define IMAGE_NAME "libcontainer:init"
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
/* spawn.c puts the control socket on 0 to 3, so the image may not be there. */
#define FIRST_FREE_FD 4

extern const uint8_t kernel_init_begin[], kernel_init_end[];

static int create_memfd(void)
{
	/* Linux 6.3 knows MFD_EXEC, and warns or, by vm.memfd_noexec, refuses without it; older ones refuse
	   the flag. */
	long fd = SYSCALL(__NR_memfd_create, IMAGE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd == -EINVAL)
		fd = SYSCALL(__NR_memfd_create, IMAGE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || fd >= FIRST_FREE_FD)
		return (int)fd;
	long moved = SYSCALL(__NR_fcntl, fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
	SYSCALL(__NR_close, fd);
	return (int)moved;
}

static int fill_and_seal(int fd)
{
	const uint8_t *next = kernel_init_begin;
	while (next < kernel_init_end) {
		long written = SYSCALL(__NR_write, fd, next, kernel_init_end - next);
		if (written == -EINTR)
			continue;
		if (written <= 0)
			return written == 0 ? -EIO : (int)written;
		next += written;
	}
	/* CVE-2019-5736: the process in the container may open /proc/1/exe, but no one can write to it. */
	long status = SYSCALL(__NR_fcntl, fd, F_ADD_SEALS, SEALS | F_SEAL_EXEC);
	if (status == -EINVAL)
		status = SYSCALL(__NR_fcntl, fd, F_ADD_SEALS, SEALS);
	return (int)status;
}

static int make_image(void)
{
	int fd = create_memfd();
	if (fd < 0)
		return fd;
	int status = fill_and_seal(fd);
	if (status == 0)
		return fd;
	SYSCALL(__NR_close, fd);
	return status;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int image = -1;

int kernel_init_image(void)
{
	pthread_mutex_lock(&lock);
	int result = image;
	if (result < 0) {
		result = make_image();
		if (result >= 0)
			image = result;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

int kernel_renew_init_image(void)
{
	pthread_mutex_lock(&lock);
	int fresh = make_image();
	int status = fresh;
	if (fresh >= 0) {
		/* In the place of the old one: another thread may be about to use its number. */
		status = (int)SYSCALL(__NR_dup3, fresh, image, O_CLOEXEC);
		SYSCALL(__NR_close, fresh);
	}
	pthread_mutex_unlock(&lock);
	return status < 0 ? status : 0;
}
