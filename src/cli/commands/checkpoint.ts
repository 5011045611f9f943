// Owns `runt checkpoint` and `runt restore`, as far as they are there: what they will take.

import { BUNDLE_OPTION } from '../bundle.ts'
import { notYet } from '../not-yet.ts'
import type { Options } from '../options.ts'
import { PID_FILE_OPTION } from '../pid-file.ts'

/** Of both. */
const IMAGE_OPTIONS = {
  'image-path': { value: 'DIR', help: 'the directory of the image' },
  'work-path': { value: 'DIR', help: 'the directory of logs' },
  'tcp-established': { help: 'with open TCP connections' },
  'ext-unix-sk': { help: 'with sockets of the host' },
  'shell-job': { help: 'with the terminal of the caller' },
  'file-locks': { help: 'with locks of files' },
  'manage-cgroups-mode': {
    value: 'MODE',
    choices: ['soft', 'full', 'strict', 'ignore'],
    help: 'what happens to cgroups',
  },
  'empty-ns': { value: 'TYPE', repeats: true, help: 'a namespace to leave empty' },
  'auto-dedup': { help: 'drop pages that a later image has again' },
  'lazy-pages': { help: 'with pages that come when they are needed' },
} as const satisfies Options

export const checkpoint = notYet('Writes a running container to disk', 'checkpoint', {
  ...IMAGE_OPTIONS,
  'parent-path': { value: 'DIR', help: 'an image before this one' },
  'leave-running': { help: 'let it go on' },
  'tcp-skip-in-flight': { help: 'without connections that are being made' },
  'link-remap': { help: 'with files that have no name any more' },
  'status-fd': { value: 'FD', help: 'a byte is written there when it is ready' },
  'page-server': { value: 'ADDRESS:PORT', help: 'where pages are sent to' },
  'pre-dump': { help: 'memory alone, for a first round' },
})

export const restore = notYet('Starts a container from what checkpoint wrote', 'restore', {
  bundle: BUNDLE_OPTION,
  detach: { short: 'd', help: 'do not wait for its end' },
  ...IMAGE_OPTIONS,
  'pid-file': PID_FILE_OPTION,
  'console-socket': { value: 'PATH', help: 'the socket that gets its terminal' },
  'no-subreaper': { help: 'let processes whose parent has ended go to init' },
  'no-pivot': { help: 'enter the root by chroot' },
  'lsm-profile': { value: 'TYPE:NAME', help: 'another label of AppArmor or SELinux' },
  'lsm-mount-context': { value: 'LABEL', help: 'another label for mounts' },
})
