import type { EnrollmentOrigin } from './enrollment.ts'

type Origins = readonly EnrollmentOrigin[]

/** More kinds than policies commonly make; beyond them nothing is shared any more. */
const mostKinds = 16

/**
 * Origins that are alike, once for all of a population: everybody's address from one policy and attribute has the same,
 * and what is made of them, like their text, is made once.
 */
export class SharedOrigins {
  readonly #known: Origins[] = []

  share(origins: Origins): Origins {
    const [origin, ...others] = origins
    if (origin === undefined || others.length > 0) return origins
    for (const known of this.#known) if (isAlike(known[0], origin)) return known
    if (this.#known.length < mostKinds) this.#known.push(origins)
    return origins
  }
}

function isAlike(left: EnrollmentOrigin | undefined, right: EnrollmentOrigin): boolean {
  return (
    left?.attribute === right.attribute &&
    left.type === right.type &&
    left.policy === right.policy &&
    left.source === right.source &&
    left.onUnmatch === right.onUnmatch &&
    left.since === right.since &&
    left.kind === right.kind
  )
}
