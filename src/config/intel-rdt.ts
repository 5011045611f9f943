// Owns the types of resource control by the CPU (Intel RDT and its like, the kernel's resctrl): shares of its caches
// and of the bandwidth of memory. Types only.

/** Shares of caches and of memory bandwidth (kernel Documentation/filesystems/resctrl.rst; OCI config-linux.md). */
export interface IntelRdt {
  /**
   * The class of service: a group of resctrl by its name, `/` for the default one. One that is named stays when the
   * container goes. @default one of its own, named as the container, which goes with it
   */
  readonly closId?: string
  /** `L3:0=ff;1=c0`: which parts of each cache. A class that is there must have it already. @default as it is */
  readonly l3CacheSchema?: string
  /** `MB:0=20;1=70`: how much of each memory bandwidth. A class that is there must have it already. @default as it is */
  readonly memBwSchema?: string
  /** Lines of the kernel's `schemata`, written after the other two, also to a class that is there. @default [] */
  readonly schemata?: readonly string[]
  /** Counts the container's own use of caches and memory, in a group of its own in the class. @default false */
  readonly enableMonitoring?: boolean
}

/** Those that can change while a container runs. */
export type IntelRdtSchemas = Pick<IntelRdt, 'l3CacheSchema' | 'memBwSchema' | 'schemata'>

/** Where the processes of a container are, in resctrl: chosen before anything is made. */
export interface ResctrlGroup {
  /** Where resctrl is mounted. */
  readonly mount: string
  /** The directory of the class. */
  readonly path: string
  /** Whether it goes with the container. */
  readonly isOwn: boolean
  /** The directory of the group that counts. Absent: none. */
  readonly monitor?: string
}
