// Tests what is read of the host's files: device nodes, against stat and mknod, and extended attributes, against the
// tools that users have for them.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Device,
  isLibcontainerError,
  readDevice,
  readHostDevices,
  readXattr,
  readXattrNames,
  writeXattr,
} from 'libcontainer'
import { containerTest, output } from '../helpers/container-test.ts'
import { Program } from '../helpers/second-program.ts'

/** Numbers as stat(1) prints them, of a node. */
function numbersOf(path: string): readonly [number, number] {
  const [major = '', minor = ''] = execFileSync('stat', ['-c', '%t:%T', path], { encoding: 'utf8' }).split(
    ':',
  )
  return [Number.parseInt(major, 16), Number.parseInt(minor, 16)]
}

function errorOf(run: () => unknown): { code: string; errno: string | undefined } {
  try {
    run()
  } catch (error) {
    assert.ok(isLibcontainerError(error), String(error))
    return { code: error.code, errno: error.errno }
  }
  return assert.fail('nothing was refused')
}

containerTest('devices: a node is read as it is, a link and anything else is none', async ({ directory }) => {
  const at = (name: string): string => join(directory, name)
  execFileSync('mknod', ['-m', '640', at('char'), 'c', '4095', '1048575'])
  execFileSync('mknod', [at('block'), 'b', '7', '300'])
  execFileSync('mknod', [at('fifo'), 'p'])
  execFileSync('chown', ['5:6', at('char')])
  symlinkSync('/dev/null', at('link'))
  const expected: Device = {
    type: 'c',
    path: at('char'),
    major: 4095,
    minor: 1048575,
    fileMode: 0o640,
    uid: 5,
    gid: 6,
  }
  assert.deepEqual(readDevice(at('char')), expected)
  assert.deepEqual([readDevice(at('block')).type, readDevice(at('block')).minor], ['b', 300])
  for (const name of ['fifo', 'link', '.'])
    assert.equal(errorOf(() => readDevice(at(name))).code, 'ConfigInvalid')
  assert.deepEqual(
    errorOf(() => readDevice(at('missing'))),
    { code: 'SystemError', errno: 'ENOENT' },
  )
  assert.equal(errorOf(() => readDevice('dev/null')).code, 'ConfigInvalid')
})

containerTest('devices: those of the host are found below /dev, and a container takes them', async (box) => {
  const folder = `/dev/libcontainer-test-${process.pid}`
  mkdirSync(join(folder, 'deep'), { recursive: true })
  try {
    execFileSync('mknod', [join(folder, 'deep/node'), 'c', '1', '3'])
    symlinkSync('/', join(folder, 'loop'))
    const devices = readHostDevices()
    const paths = devices.map(({ path }) => path)
    assert.ok(paths.includes('/dev/null') && paths.includes(join(folder, 'deep/node')), paths.join())
    const skipped = /^\/dev\/(pts|shm|fd|mqueue)\/|\/(console|ptmx)$/
    assert.deepEqual(
      paths.filter((path) => skipped.test(path)),
      [],
    )
    for (const { path, type, major, minor } of devices) {
      const stats = lstatSync(path)
      assert.deepEqual([type === 'c', type === 'b'], [stats.isCharacterDevice(), stats.isBlockDevice()], path)
      assert.deepEqual([major, minor], numbersOf(path), path)
    }
    const nodes = readdirSync('/dev').filter((name) => /^(null|zero|full|tty|random|urandom)$/.test(name))
    assert.ok(nodes.every((name) => paths.includes(`/dev/${name}`)))
    assert.equal(await output(box.run({ devices }, `echo x >${folder}/deep/node && echo wrote`)), 'wrote')
  } finally {
    execFileSync('rm', ['-r', folder])
  }
})

/** Says how it went to read all devices. */
const READ_ALL = `
import { readHostDevices } from 'libcontainer'
try {
  console.log(readHostDevices().length > 0)
} catch ({ code, errno, object }) {
  console.log([code, errno, object].join(' '))
}`

containerTest(
  'devices: a directory that cannot be read is an error that names it, at any depth',
  async () => {
    const folder = `/dev/libcontainer-closed-${process.pid}`
    const deep = join(folder, 'deep')
    mkdirSync(deep, { recursive: true })
    try {
      // Root reads everything, but for these two capabilities.
      const under = ['setpriv', '--bounding-set=-dac_override,-dac_read_search']
      const read = (): Promise<string> => new Program({ module: READ_ALL, under }).finish()
      assert.equal(await read(), 'true')
      for (const closed of [deep, folder]) {
        execFileSync('chown', ['1:1', closed])
        execFileSync('chmod', ['700', closed])
        assert.equal(await read(), `SystemError EACCES ${closed}`)
      }
    } finally {
      execFileSync('rm', ['-r', folder])
    }
  },
)

containerTest(
  'extended attributes: any bytes, long values, lists, links by themselves',
  async ({ directory }) => {
    const file = join(directory, 'file')
    const link = join(directory, 'link')
    writeFileSync(file, '')
    symlinkSync(file, link)
    assert.equal(readXattr(file, 'trusted.none'), null)
    writeXattr(file, 'trusted.bytes', new Uint8Array([0, 255, 10]))
    const long = new Uint8Array(1500).fill(7)
    writeXattr(file, 'trusted.long', long)
    writeXattr(file, 'trusted.bytes', new Uint8Array([1, 0]))
    assert.deepEqual([...(readXattr(file, 'trusted.bytes') ?? [])], [1, 0])
    assert.deepEqual(readXattr(file, 'trusted.long')?.length, long.length)
    assert.ok(['trusted.bytes', 'trusted.long'].every((name) => readXattrNames(file).includes(name)))
    const shown = execFileSync('getfattr', ['--only-values', '-n', 'trusted.bytes', '--absolute-names', file])
    assert.deepEqual([...shown], [1, 0])
    writeXattr(link, 'trusted.of-link', new Uint8Array([1]))
    assert.ok(!readXattrNames(file).includes('trusted.of-link'))
    assert.equal(errorOf(() => readXattr(join(directory, 'none'), 'trusted.x')).errno, 'ENOENT')
    assert.equal(errorOf(() => writeXattr('/proc/self/status', 'user.x', new Uint8Array())).errno, 'ENOTSUP')
  },
)

containerTest(
  'extended attributes: what is no text or bytes never reaches the kernel',
  async ({ directory }) => {
    const wrong = [
      () => readXattr(5 as never, 'user.x'),
      () => readXattr(directory, 5 as never),
      () => readXattr(directory, ''),
      () => readXattr(`${directory}\0`, 'user.x'),
      () => readXattrNames(4096 as never),
      () => writeXattr(directory, 'trusted.x', 'text' as never),
      () => writeXattr(directory, 'trusted.x', 4096 as never),
    ]
    for (const run of wrong) assert.equal(errorOf(run).code, 'ConfigInvalid', String(run))
  },
)
