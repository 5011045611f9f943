// Owns what the name of a network interface may be: what the kernel takes (dev_valid_name, net/core/dev.c), of it
// printable ASCII only, and no `%`, from which the kernel would make a pattern. Pure.

/** Bytes, without the NUL: IFNAMSIZ is 16. */
export const INTERFACE_NAME_BYTES = 15

export function isInterfaceName(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    text.length <= INTERFACE_NAME_BYTES &&
    /^(?!\.{1,2}$)[!-$&-.0-9;-~]+$/.test(text)
  )
}
