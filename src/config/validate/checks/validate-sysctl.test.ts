// Tests which kernel parameters a container may set.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const SYSCTL: readonly Refused[] = [
  [{ sysctl: ['a'] }, 'sysctl', /a set of kernel parameters, as a plain object, got a list/],
  [{ sysctl: { 'net.ipv4.ip_forward': 1 } }, 'sysctl["net.ipv4.ip_forward"]', /^expected a string, got 1$/],
  [{ sysctl: { 'kernel.panic': '1' } }, 'sysctl["kernel.panic"]', /no namespace has this parameter/],
  [{ sysctl: { 'kernel/core_pattern': '|/x' } }, 'sysctl["kernel/core_pattern"]', /no namespace/],
  [{ sysctl: { 'fs.file-max': '1' } }, 'sysctl["fs.file-max"]', /no namespace/],
  [{ sysctl: { net: '1' } }, 'sysctl.net', /no namespace/],
  [{ sysctl: { 'net..ip': '1' } }, 'sysctl["net..ip"]', /expected the name of a kernel parameter/],
  [{ sysctl: { 'net/../kernel/panic': '1' } }, 'sysctl["net/../kernel/panic"]', /expected the name/],
  [{ sysctl: { 'net.//.kernel/panic': '1' } }, 'sysctl["net.//.kernel/panic"]', /expected the name/],
  [{ sysctl: { '/net/ipv4/ip_forward': '1' } }, 'sysctl["/net/ipv4/ip_forward"]', /expected the name/],
  [{ sysctl: { '': '1' } }, 'sysctl[""]', /expected the name/],
  [{ sysctl: { 'net.a\0b': '1' } }, 'sysctl["net.a\\u0000b"]', /NUL/],
  [{ sysctl: { 'kernel.hostname': 'x' } }, 'sysctl["kernel.hostname"]', /a field of its own/],
  [{ sysctl: { 'net.a.b': '1', 'net/a/b': '2' } }, 'sysctl["net/a/b"]', /^"net.a.b" is the same parameter$/],
  [{ sysctl: { 'kernel.domainname': 'x' }, domainname: 'y' }, 'sysctl["kernel.domainname"]', /given as well/],
  [
    { sysctl: { 'net.a.b': '1' }, namespaces: [] },
    'sysctl["net.a.b"]',
    /^needs a namespace of the type "network"/,
  ],
  [
    { sysctl: { 'kernel.shmmax': '1' }, namespaces: [] },
    'sysctl["kernel.shmmax"]',
    /^needs a namespace of the type "ipc"/,
  ],
  [
    { sysctl: { 'fs.mqueue.msg_max': '1' }, namespaces: [] },
    'sysctl["fs.mqueue.msg_max"]',
    /^needs a namespace of the type "ipc"/,
  ],
  [
    { sysctl: { 'kernel.domainname': 'x' }, namespaces: [] },
    'sysctl["kernel.domainname"]',
    /^needs a namespace of the type "uts"/,
  ],
  [
    { sysctl: { 'user.max_user_namespaces': '1' } },
    'sysctl["user.max_user_namespaces"]',
    /^needs a namespace of the type "user"/,
  ],
]

it('refuses: sysctl', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, SYSCTL))
