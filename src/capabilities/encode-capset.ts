// Owns the bytes of capset(2), version 3: a header, then the low and the high halves of three sets.

import { LINUX_CAPABILITY_VERSION_3 } from '../abi/flags.ts'
import type { CapabilitySets } from '../config/process.ts'
import { capabilityMask } from './capability-mask.ts'

/** Both structures as the kernel has them on little-endian machines (include/uapi/linux/capability.h). */
export interface CapsetBytes {
  /** struct __user_cap_header_struct: version, and 0 for the calling thread. */
  readonly header: Uint8Array
  /** Two of struct __user_cap_data_struct: effective, permitted, inheritable. */
  readonly data: Uint8Array
}

/** Encodes three of the sets; bounding and ambient are set one capability at a time, with prctl(2). */
export function encodeCapset(sets: CapabilitySets): CapsetBytes {
  const header = new DataView(new ArrayBuffer(8))
  header.setUint32(0, LINUX_CAPABILITY_VERSION_3, true)
  const data = new DataView(new ArrayBuffer(24))
  const masks = [sets.effective, sets.permitted, sets.inheritable].map((names) => capabilityMask(names ?? []))
  masks.forEach((mask, index) => {
    data.setUint32(index * 4, Number(mask & 0xffff_ffffn), true)
    data.setUint32(12 + index * 4, Number(mask >> 32n), true)
  })
  return { header: new Uint8Array(header.buffer), data: new Uint8Array(data.buffer) }
}
