/* Owns reading and writing one whole small file: open, transfer, close. It never follows more than it was
   told to (the flags are the caller's) and leaves no descriptor open. */

#include "kernel.h"
#include "../init/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static int open_file(int directory, const char *path, int flags)
{
	long fd;
	do
		fd = SYSCALL(__NR_openat, directory, path, flags | O_CLOEXEC, 0600);
	while (fd == -EINTR);
	return (int)fd;
}

/* Makes room for at least one more byte, at most for `most` in all. */
static int grow(struct file_content *content, size_t *capacity, size_t most)
{
	size_t wanted = *capacity * 4 < most ? *capacity * 4 : most;
	bool is_small = content->bytes == content->small;
	uint8_t *bytes = realloc(is_small ? NULL : content->bytes, wanted);
	if (bytes == NULL)
		return -ENOMEM;
	if (is_small)
		memcpy(bytes, content->small, content->length);
	content->bytes = bytes;
	*capacity = wanted;
	return 0;
}

static int read_all(int fd, size_t limit, struct file_content *content)
{
	size_t capacity = sizeof content->small;
	/* One byte more than allowed tells a file that is too big from one that just fits. */
	size_t most = limit + 1 > capacity ? limit + 1 : capacity;
	for (;;) {
		if (content->length == capacity) {
			int status = grow(content, &capacity, most);
			if (status < 0)
				return status;
		}
		long got =
			SYSCALL(__NR_read, fd, content->bytes + content->length, capacity - content->length);
		if (got == -EINTR)
			continue;
		if (got < 0)
			return (int)got;
		content->length += (size_t)got;
		if (content->length > limit)
			return -EFBIG;
		if (got == 0)
			return 0;
	}
}

int kernel_read_file(int directory, const char *path, int flags, size_t limit, struct file_content *content)
{
	content->bytes = content->small;
	content->length = 0;
	int fd = open_file(directory, path, O_RDONLY | flags);
	if (fd < 0)
		return fd;
	int status = read_all(fd, limit, content);
	SYSCALL(__NR_close, fd);
	if (status < 0)
		file_content_free(content);
	return status;
}

void file_content_free(struct file_content *content)
{
	if (content->bytes != content->small)
		free(content->bytes);
	content->bytes = content->small;
}

int kernel_write_file(int directory, const char *path, int flags, const void *bytes, size_t length)
{
	int fd = open_file(directory, path, O_WRONLY | flags);
	if (fd < 0)
		return fd;
	long written;
	do
		written = SYSCALL(__NR_write, fd, bytes, length);
	while (written == -EINTR);
	/* Network file systems report a lost write here. EINTR says only that the wait was cut: the
	   descriptor is gone. */
	long closed = SYSCALL(__NR_close, fd);
	if (written < 0)
		return (int)written;
	if ((size_t)written != length)
		return -EIO;
	return closed == -EINTR ? 0 : (int)closed;
}
