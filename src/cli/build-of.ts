// Owns what this executable knows of its own making.

/** Put in by tools/build-runt.mjs. */
declare const RUNT_VERSION: string | undefined
declare const RUNT_COMMIT: string | undefined

export interface Build {
  readonly version: string
  readonly commit: string
}

export function buildOf(): Build {
  return {
    version: typeof RUNT_VERSION === 'string' ? RUNT_VERSION : 'unknown',
    commit: typeof RUNT_COMMIT === 'string' ? RUNT_COMMIT : 'unknown',
  }
}
