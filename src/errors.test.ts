// Tests the error class: its codes, its message, its report.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ERROR_CODES, isLibcontainerError, LibcontainerError } from './errors.ts'

it('has the nine codes of the original, in its order', () => {
  const original =
    'IdInUse InvalidIdFormat ContainerNotExists ContainerPaused ContainerNotStopped ContainerNotRunning'
  assert.equal(ERROR_CODES.join(' '), `${original} ProcessNotExecuted ConfigInvalid SystemError`)
  for (const code of ERROR_CODES) {
    const error = new LibcontainerError({ code, action: 'try', reason: 'no' })
    assert.equal(error.code, code)
    assert.match(error.detail(), new RegExp(`^Cannot try: no\\n {2}code: ${code}\\n`))
  }
})

it('says what was tried, on what, why it failed and what to do', () => {
  const facts = { code: 'SystemError', action: 'mount "tmpfs" on', reason: 'EPERM' } as const
  const error = new LibcontainerError({ ...facts, object: '/a "b"\n', hint: 'be root' })
  assert.equal(error.message, 'Cannot mount "tmpfs" on "/a \\"b\\"\\n": EPERM (be root)')
  assert.equal(error.hint, 'be root')
  assert.equal(new LibcontainerError(facts).message, 'Cannot mount "tmpfs" on: EPERM')
})

it('reports every fact on a line of its own, with the causes and the stack', () => {
  const cause = new LibcontainerError({
    code: 'SystemError',
    action: 'open',
    reason: 'ENOENT',
    errno: 'ENOENT',
  })
  const error = new LibcontainerError({
    ...{ code: 'SystemError', action: 'start', reason: 'EIO', errno: 'EIO', syscall: 'read' },
    ...{ step: 'mount', field: 'mounts[0]', hint: 'look at the disk', cause },
  })
  const lines = error.detail().split('\n')
  assert.deepEqual(lines.slice(0, 7), [
    'Cannot start: EIO (look at the disk)',
    '  code: SystemError',
    '  step: mount',
    '  field: mounts[0]',
    '  syscall: read',
    '  errno: EIO',
    '  hint: look at the disk',
  ])
  assert.equal(lines[7], '  cause: Cannot open: ENOENT')
  assert.ok(
    lines.slice(8).some((line) => /^ {4}at /.test(line)),
    'where it was made',
  )
  const plain = new LibcontainerError({
    code: 'SystemError',
    action: 'x',
    reason: 'y',
    cause: new RangeError('z'),
  })
  assert.match(plain.detail(), /\n {2}cause: z\n/)
})

it('knows the errors of another copy of the package, and no others', () => {
  const error = new LibcontainerError({ code: 'SystemError', action: 'x', reason: 'y' })
  assert.ok(isLibcontainerError(error) && isLibcontainerError({ [Symbol.for('libcontainer.error')]: true }))
  for (const other of [new Error('x'), null, undefined, 'x', {}]) assert.ok(!isLibcontainerError(other))
})
