// Owns the type of a plan: everything that a start will do, in order, each step with its reason and the field of the
// configuration that asked for it. A value: frozen, printable, comparable. Types only.

import type { Hook } from '../config/command.ts'
import type { IntelRdt, ResctrlGroup } from '../config/intel-rdt.ts'
import type { VethPair } from '../config/network.ts'
import type { Op } from '../protocol/op.ts'

/** What a step is for; errors and `explain` speak with these words. */
export interface Label {
  /** A verb phrase: `mount`, `set the hostname`. Stable: golden plans and errors carry it. */
  readonly name: string
  /** What it is done to; printed in quotes. */
  readonly object?: string
  /** What it is done to one after another, by the same ops: in place of `object`. `field` is that of the list. */
  readonly objects?: readonly string[]
  /** Why it is done. */
  readonly reason: string
  /** The field that asked for it: `mounts[2]`; absent when nobody had to ask. */
  readonly field?: string
  /** Advice by errno, where the errno misleads. */
  readonly hints?: Readonly<Record<string, string>>
}

/** What an error says was tried with a program of the configuration's, and what limits it. */
interface CommandLabel {
  /** `run the createRuntime hook #1` */
  readonly action: string
  readonly timeoutMs?: number
}

/** The words of a step that runs such a program. */
export type CommandStep = Label & { readonly command: CommandLabel }

/** The status of a container as a hook is told it (OCI runtime specification, runtime.md). */
export type HookStatus = 'creating' | 'created' | 'running' | 'stopped'

/** A step that init runs. */
export interface Step {
  /** With `command` where it runs a program of the configuration's. */
  readonly label: Label & Partial<CommandStep>
  readonly ops: readonly Op[]
}

/** A namespace that is there, and of what type it must be. */
export interface JoinedNamespace {
  readonly path: string
  readonly cloneFlag: number
}

/** A step that the parent runs, with how it is undone. */
export interface HostAction extends Label {
  /** `beside the clone`: while the kernel makes init; `while init works`: beside its programs, or before the first one in which it asks for something; `at the gate`: when all is set up but the root is not switched; `after the end`: when all is taken down again. */
  readonly when:
    | 'before the clone'
    | 'beside the clone'
    | 'after the clone'
    | 'while init works'
    | 'while init is open to us'
    | 'at the gate'
    | 'after the start'
    | 'after the end'
  readonly command?: CommandLabel
  readonly action:
    | { readonly kind: 'create-cgroup' }
    | { readonly kind: 'start-unit' }
    | {
        readonly kind: 'write-id-map'
        readonly file: 'uid_map' | 'gid_map' | 'setgroups'
        readonly text: string
      }
    | {
        readonly kind: 'relabel'
        readonly path: string
        readonly label: string
        readonly acrossMounts: boolean
      }
    | { readonly kind: 'raise-rlimit'; readonly resource: number; readonly hard: bigint }
    | {
        readonly kind: 'write-oom-score'
        readonly adjustment: number
        /** A lower score than the caller's needs CAP_SYS_RESOURCE over the machine: others go on without it. */
        readonly mayBeRefused: boolean
      }
    | { readonly kind: 'prepare-resctrl'; readonly group: ResctrlGroup; readonly settings: IntelRdt }
    | { readonly kind: 'join-resctrl'; readonly group: ResctrlGroup }
    | { readonly kind: 'write-state' }
    | { readonly kind: 'write-hook-states' }
    | { readonly kind: 'run-hook'; readonly hook: Hook; readonly status: HookStatus }
    | {
        /** Has a program with the right to do so write an id map: `newuidmap PID ROW...` (newuidmap(1)). */
        readonly kind: 'map-ids'
        readonly program: 'newuidmap' | 'newgidmap'
        readonly rows: readonly string[]
      }
    | {
        readonly kind: 'create-veth'
        readonly pair: VethPair
        /** Where the container's end goes: a namespace that is joined; null: that of the child. */
        readonly namespace: JoinedNamespace | null
      }
    | {
        readonly kind: 'move-device'
        readonly from: string
        /** Its name in the container. */
        readonly to: string
        readonly namespace: JoinedNamespace | null
      }
  /** What undoes it; absent where the end of the process does. */
  readonly undo?: string
}

/** What the parent opens and sends along, in the order of the slots. */
export interface PlannedDescriptor {
  readonly source:
    | { readonly kind: 'stdio'; readonly index: number }
    | { readonly kind: 'extra'; readonly index: number }
    | { readonly kind: 'namespace'; readonly path: string; readonly cloneFlag: number }
    | { readonly kind: 'cgroup-tasks'; readonly index: number }
    | {
        readonly kind: 'tree'
        readonly path: string
        readonly recursive: boolean
        readonly idMap: IdMapSource | null
      }
    | {
        readonly kind: 'filled-tmpfs'
        readonly name: string
        /** Options of the file system. */
        readonly data: string
        /** The directory that is copied, looked up inside a root; null: none. */
        readonly from: { readonly root: string; readonly path: string } | null
        /** Where there is nothing to copy. */
        readonly owner: { readonly uid: number; readonly gid: number }
      }
    | { readonly kind: 'directory'; readonly path: string }
    | { readonly kind: 'hook-state'; readonly status: HookStatus }
    | { readonly kind: 'container-process' }
    | { readonly kind: 'container-root' }
    | { readonly kind: 'release-socket' }
  readonly slot: number
  readonly reason: string
  readonly field?: string
}

/** The user namespace whose ids an id-mapped mount has: a new one with these maps, or one that is there. */
export type IdMapSource = { readonly recursive: boolean } & (
  | { readonly uidMap: string; readonly gidMap: string }
  | { readonly namespace: JoinedNamespace }
)

/** The files of the container that a user or group has to be looked up in. */
export interface UserdbNeed {
  readonly passwd: boolean
  readonly group: boolean
}

/** Text of the container's own files; null where there is none. */
export interface Userdb {
  readonly passwd: string | null
  readonly group: string | null
}

/** One program of init: a part of the plan. */
export interface Segment {
  readonly steps: readonly Step[]
  /** Descriptors that go along, in the slots behind the control socket's. */
  readonly descriptorCount: number
  /** Whether another one follows. */
  readonly more: boolean
  /** The files that init returns at its end, for the next one to be planned from; null: none. */
  readonly lookup: UserdbNeed | null
  /** Whether the parent must answer, or take something over, before init can go on. */
  readonly asks: boolean
  /** Whether init waits for the parent to say, once, that the state is written. */
  readonly waitsForState: boolean
}

/**
 * The parts of a plan in their order, each made when it is asked for: init is at work on one while the next is planned.
 * After one with a `lookup`, `next` takes what init returned.
 */
export type Segments = Generator<Segment, void, Userdb>

/** How a start begins. It takes the kernel its time, in which the rest can be planned. */
export interface Outset {
  /** What the parent does before the clone and beside it. */
  readonly actions: readonly HostAction[]
  /** The clone: `CLONE_NEW*` flags, whether the child is born in the cgroup (v2), and a pid namespace to join. */
  readonly clone: {
    readonly flags: number
    readonly intoCgroup: boolean
    readonly pidNamespace: PidNamespaceSource | null
  }
}

export interface LaunchPlan {
  readonly outset: Outset
  readonly actions: readonly HostAction[]
  readonly descriptors: readonly PlannedDescriptor[]
  /** What init does. To be gone through once. */
  readonly segments: Segments
}

/** The pid namespace that the launcher enters: a file's, or that of the container's first process. */
export type PidNamespaceSource =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'container-process' }
