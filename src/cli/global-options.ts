// Owns the options that stand before the command, as runc has them (oci-runtimes-2026.md 1.1).

import type { Options, OptionValues } from './options.ts'

export const HELP = { short: 'h', help: 'show this text' } as const

export const GLOBAL_OPTIONS = {
  root: {
    value: 'DIR',
    help: 'where states are kept (default: /run/runt, or $XDG_RUNTIME_DIR/runt)',
  },
  log: { value: 'FILE', help: 'write warnings and errors there too, a line each' },
  'log-format': {
    value: 'FORMAT',
    choices: ['text', 'json'],
    help: 'the form of such a line (default: text)',
  },
  'log-level': {
    value: 'LEVEL',
    choices: ['debug', 'info', 'warning', 'error'],
    help: 'the least that is told (default: info)',
  },
  debug: { help: 'the same as --log-level debug: each start step by step, each error in every detail' },
  'systemd-cgroup': { help: 'let systemd make the cgroups' },
  'cgroup-manager': {
    value: 'NAME',
    choices: ['cgroupfs', 'systemd', 'disabled'],
    help: 'who makes cgroups, as crun has it; disabled: nobody (default: cgroupfs)',
  },
  rootless: {
    value: 'WHEN',
    choices: ['true', 'false', 'auto'],
    help: "understood, and passed over: what the caller's rights allow is found out",
  },
  criu: { value: 'FILE', hidden: true, help: 'understood, and passed over as in runc' },
  version: { short: 'v', help: 'show the version' },
  help: HELP,
} as const satisfies Options

export type GlobalOptions = OptionValues<typeof GLOBAL_OPTIONS>

/** Whether a new container's cgroup is a unit of systemd, under runc's name of the option or crun's. */
export function usesSystemd(global: GlobalOptions): boolean {
  return global['systemd-cgroup'] || global['cgroup-manager'] === 'systemd'
}
