// Owns making this command the one to whom processes go whose parent has ended (PR_SET_CHILD_SUBREAPER), as runc does
// while it waits: without a pid namespace of its own, what a container leaves would go to the host's first process.

import { checked, type Kernel, syscall } from '../core.ts'

const PR_SET_CHILD_SUBREAPER = 36

/** It stays so through execve. @throws LibcontainerError SystemError */
export function becomeSubreaper(kernel: Kernel): void {
  checked(syscall(kernel, 'prctl', PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 'prctl', {
    action: 'become the parent of orphans',
  })
}
