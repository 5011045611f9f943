// Owns the guess behind "did you mean": the known name that a misspelt one most likely stands for.
// It runs only when something is refused already, so it is written to be short rather than fast.

/** The candidate closest to a name, or undefined when none is close. */
export function closestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = fold(name)
  let best: string | undefined
  let bestDistance = Math.min(3, wanted.length)
  for (const candidate of candidates) {
    const distance = editDistance(wanted, fold(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best ?? candidates.find((candidate) => isAbbreviation(wanted, fold(candidate)))
}

/** The hint for a misspelt name, or undefined when nothing is close. */
export function didYouMean(name: string, candidates: readonly string[]): string | undefined {
  const closest = closestName(name, candidates)
  return closest === undefined ? undefined : `did you mean "${closest}"?`
}

// Long names cost quadratic time and are no misspelling of anything.
function fold(name: string): string {
  return name.slice(0, 64).toLowerCase().replaceAll(/[-_ ]/g, '')
}

function isAbbreviation(wanted: string, candidate: string): boolean {
  return wanted.length >= 2 && (candidate.startsWith(wanted) || wanted.endsWith(candidate))
}

/** Insertions, deletions and replacements (Levenshtein) between two short texts. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[to.length] ?? 0
}
