// Owns the hugetlb controller (Documentation/admin-guide/cgroup-v1/hugetlb.rst); its files have other names in v2.

import type { CgroupConfig } from '../config/cgroup.ts'
import type { Controller } from './controller.ts'
import type { Setting } from './settings.ts'

const NO_SIZE = 'this machine has no huge pages of that size (/sys/kernel/mm/hugepages)'

export const hugetlbV1: Controller = {
  name: 'hugetlb',
  planSettings: (config) => planHugetlb(config, 'limit_in_bytes', '-1'),
}

export const hugetlbV2: Controller = {
  name: 'hugetlb',
  planSettings: (config) => planHugetlb(config, 'max', 'max'),
}

function planHugetlb({ hugetlb = [] }: CgroupConfig, name: string, unlimited: string): readonly Setting[] {
  return hugetlb.flatMap(({ pageSize, limitBytes, reservedBytes }, index) => {
    const at = `cgroup.hugetlb[${index}]`
    const encode = (bytes: bigint) => (bytes === -1n ? unlimited : String(bytes))
    const settings: Setting[] = []
    if (limitBytes !== undefined) {
      const file = `hugetlb.${pageSize}.${name}`
      const hints = { ENOENT: NO_SIZE }
      settings.push({ file, value: encode(limitBytes), field: `${at}.limitBytes`, hints })
    }
    if (reservedBytes !== undefined) {
      const file = `hugetlb.${pageSize}.rsvd.${name}`
      const hints = { ENOENT: `${NO_SIZE}, or the kernel is older than Linux 5.7` }
      settings.push({ file, value: encode(reservedBytes), field: `${at}.reservedBytes`, hints })
    }
    return settings
  })
}
