// Owns reading and writing MAC addresses as text. Pure.

/** The six bytes of `02:42:ac:11:00:02`; null for what is none. */
export function parseMac(text: string): Uint8Array | null {
  if (!/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/.test(text)) return null
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16))
}

export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

/** Whether an interface can have it: not zero, and not the address of a group. */
export function isInterfaceMac(bytes: Uint8Array): boolean {
  return ((bytes[0] as number) & 1) === 0 && bytes.some((byte) => byte !== 0)
}
