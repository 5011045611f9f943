// Owns reading the caller's environment.

/** A variable's value; '' when it is not set. */
export function readVariable(env: readonly string[], name: string): string {
  const prefix = `${name}=`
  for (const variable of env) if (variable.startsWith(prefix)) return variable.slice(prefix.length)
  return ''
}
