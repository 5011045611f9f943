// Owns the socket filter (socket(7), SO_ATTACH_FILTER) that lets one kind of notice through: the kernel can be reached
// under an IPv6 address of its own, as it has the route of the type `local` to it. Bytes only.

import { NLMSG_HDRLEN, NLMSG_TYPE } from './netlink-message.ts'
import { RTMSG_SIZE } from './netlink-requests.ts'
import { RTA_DST, RTM_NEWROUTE, RTN_LOCAL } from './rtnetlink.ts'

/** sizeof(struct sock_filter) */
export const FILTER_INSTRUCTION_SIZE = 8

// Codes of classic BPF (include/uapi/linux/filter.h), by their names in its assembler.
const LDW_IMM = 0x00
const LDX_IMM = 0x01
const LDW_ABS = 0x20
const LDH_ABS = 0x28
const LDB_ABS = 0x30
const LDW_IND = 0x40
const TAX = 0x07
const JEQ = 0x15
const RET = 0x06

/** A load from here looks for the attribute X of netlink from A on: where it is, or 0 (SKF_AD_OFF + SKF_AD_NLATTR). */
const FIND_ATTRIBUTE = 0xfffff00c
/** rtm_type of struct rtmsg. */
const RTM_TYPE = 7
const ATTRIBUTE_HEADER_SIZE = 4
const WHOLE = 0xffffffff

/** Of notices of the group RTMGRP_IPV6_ROUTE only that of the local route to these 16 bytes. */
export function localRouteFilter(address: Uint8Array): Uint8Array {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength)
  const instructions: (readonly [code: number, k: number])[] = [
    // BPF loads in the order of networks; the type is in the order of the host.
    [LDH_ABS, NLMSG_TYPE],
    [JEQ, RTM_NEWROUTE << 8],
    [LDB_ABS, NLMSG_HDRLEN + RTM_TYPE],
    [JEQ, RTN_LOCAL],
    [LDW_IMM, NLMSG_HDRLEN + RTMSG_SIZE],
    [LDX_IMM, RTA_DST],
    [LDW_ABS, FIND_ATTRIBUTE],
    // A local route has a destination always.
    [TAX, 0],
  ]
  for (let at = 0; at < address.length; at += 4)
    instructions.push([LDW_IND, ATTRIBUTE_HEADER_SIZE + at], [JEQ, view.getUint32(at)])
  return encode([...instructions, [RET, WHOLE], [RET, 0]])
}

/** Every comparison that fails goes to the last instruction. */
function encode(instructions: readonly (readonly [code: number, k: number])[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * FILTER_INSTRUCTION_SIZE)
  const view = new DataView(bytes.buffer)
  instructions.forEach(([code, k], index) => {
    const at = index * FILTER_INSTRUCTION_SIZE
    view.setUint16(at, code, true)
    if (code === JEQ) view.setUint8(at + 3, instructions.length - 2 - index)
    view.setUint32(at + 4, k, true)
  })
  return bytes
}
