/* Owns messages with descriptors on a socket. It never waits, never raises SIGPIPE, and never leaves a
   descriptor behind that the caller was not told of. */

#include "kernel.h"
#include "../init/syscall.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(KERNEL_MAX_DESCRIPTORS * sizeof(int))];
};

long kernel_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count)
{
	if (count > KERNEL_MAX_DESCRIPTORS)
		return -EINVAL;
	union control control;
	struct iovec part = {(void *)bytes, length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (count > 0) {
		memset(&control, 0, CMSG_SPACE(count * sizeof(int)));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
	}
	long sent;
	do
		sent = SYSCALL(__NR_sendmsg, socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent == -EINTR);
	return sent;
}

/* Copies what came to `descriptors`, as far as there is room, and returns how many there were. */
static size_t take_descriptors(struct msghdr *message, int *descriptors, size_t count)
{
	size_t taken = 0;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		size_t here = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (here > count - taken)
			here = count - taken;
		memcpy(descriptors + taken, CMSG_DATA(part), here * sizeof(int));
		taken += here;
	}
	return taken;
}

long kernel_receive(int socket, void *bytes, size_t length, int *descriptors, size_t count)
{
	for (size_t i = 0; i < count; i++)
		descriptors[i] = -1;
	if (count > KERNEL_MAX_DESCRIPTORS)
		count = KERNEL_MAX_DESCRIPTORS;
	union control control;
	struct iovec part = {bytes, length};
	/* CMSG_LEN, not CMSG_SPACE: the kernel would use the padding for a descriptor that there is no room
	   for. */
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = count > 0 ? &control : NULL,
				 .msg_controllen = count > 0 ? CMSG_LEN(count * sizeof(int)) : 0};
	long received;
	do
		received = SYSCALL(__NR_recvmsg, socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (received == -EINTR);
	if (received < 0)
		return received;
	size_t taken = take_descriptors(&message, descriptors, count);
	if ((message.msg_flags & MSG_CTRUNC) == 0)
		return received;
	/* The kernel has already closed those that did not fit; what is left would be a table with a hole in
	   it. */
	for (size_t i = 0; i < taken; i++) {
		SYSCALL(__NR_close, descriptors[i]);
		descriptors[i] = -1;
	}
	return -EMSGSIZE;
}
