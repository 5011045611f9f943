// Owns reading the caller's environment.

/** A variable's value; '' when it is not set. */
export function readVariable(env: readonly string[], name: string): string {
  return env.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
}
