// Owns the types of device nodes and of the device access rules of a cgroup. Types only.

/** A device node to make in the container (mknod(2)); bound from the host inside a user namespace. */
export interface Device {
  /** `c` character, `b` block, `p` FIFO. */
  readonly type: 'c' | 'b' | 'p'
  /** Absolute, in the container: `/dev/fuse`. */
  readonly path: string
  /** 0 to 4095; not for a FIFO. */
  readonly major?: number
  /** 0 to 1048575; not for a FIFO. */
  readonly minor?: number
  /** Permission bits. @default 0o666 */
  readonly fileMode?: number
  /** Owner in the container. @default 0 */
  readonly uid?: number
  /** Group in the container. @default 0 */
  readonly gid?: number
}

/** A rule of the devices controller; later rules win (Documentation/admin-guide/cgroup-v1/devices.rst). */
export interface DeviceRule {
  readonly allow: boolean
  /** `a` is every device: then `major`, `minor` and `access` say nothing. @default 'a' */
  readonly type?: 'a' | 'c' | 'b'
  /** @default every number */
  readonly major?: number
  /** @default every number */
  readonly minor?: number
  /** Any of `r` read, `w` write, `m` mknod. @default 'rwm' */
  readonly access?: string
}
