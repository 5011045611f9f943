// Owns the bytes of the kernel's structures that more than one layer fills in. Layouts of include/uapi, no policy.

/** sizeof(struct open_how), include/uapi/linux/openat2.h. */
export const OPEN_HOW_SIZE = 24

/** struct open_how: what openat2(2) takes. */
export function openHow(flags: number, mode: number, resolve: number): Uint8Array {
  const words = new Uint32Array(6)
  words[0] = flags
  words[2] = mode
  words[4] = resolve
  return new Uint8Array(words.buffer)
}

/** sizeof(struct mount_attr), version 0. */
export const MOUNT_ATTR_SIZE = 32

/** struct mount_attr: what mount_setattr(2) takes. */
export function mountAttr(set: number, clear: number, propagation: number, usernsFd = 0): Uint8Array {
  const words = new Uint32Array(8)
  words[0] = set
  words[2] = clear
  words[4] = propagation
  words[6] = usernsFd
  return new Uint8Array(words.buffer)
}

/** sizeof(struct statx), and where its fields are (include/uapi/linux/stat.h). */
export const STATX_SIZE = 256
export const STATX_UID = 20
export const STATX_GID = 24
export const STATX_MODE = 28
export const STATX_RDEV_MAJOR = 128
export const STATX_RDEV_MINOR = 132
export const STATX_DEV_MAJOR = 136
export const STATX_DEV_MINOR = 140
export const STATX_INO = 32

/** sizeof(struct statfs) on 64-bit architectures; f_type is its first word. */
export const STATFS_SIZE = 120
export const STATFS_FLAGS = 80

/** struct winsize: rows, columns, and two counts of pixels that nobody looks at. */
export function encodeWindowSize(columns: number, rows: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(rows, columns, 0, 0).buffer)
}

/** sizeof(struct termios) of the kernel; the output flags are its second word. */
export const TERMIOS_SIZE = 36
export const TERMIOS_OFLAG = 4

/** sizeof(struct ifreq); the flags are a 16-bit number behind the name. */
export const IFREQ_SIZE = 40
export const IFREQ_FLAGS = 16

/** sizeof(siginfo_t), and of what waitid(2) fills in: si_code, and the exit status or signal. */
export const SIGINFO_SIZE = 128
export const SIGINFO_CODE = 8
export const SIGINFO_STATUS = 24

/** Room for a netlink answer to a request: two headers, an errno, and the kernel's words. */
export const NETLINK_ACK_SIZE = 1024
