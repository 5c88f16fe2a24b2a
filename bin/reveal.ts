import type { Reveal } from '../store/read/record-look.ts'
import type { CliContext } from './context.ts'

/** What `--reveal` means to the store: who looks, so that the look is written down; null shows addresses masked. */
export function revealTo(
  { actor, clock }: CliContext,
  { reveal }: { readonly reveal?: boolean },
): Reveal | null {
  return reveal === true ? { actor, clock } : null
}
