import { MusterError } from '../../domain/error.ts'
import type { StoredChallenge } from '../../store/write/challenges.ts'
import { deriveCode } from '../derive-code.ts'
import type { KeyRing } from '../key-ring.ts'
import type { ChallengeWorld } from './challenge-world.ts'
import { channelOf } from './send-code.ts'

/** What all codes of one installation are bound to. */
const tenant = 'muster'

/** What a code is derived from, of a challenge that waits for it. */
export type CodeSource = Pick<
  StoredChallenge,
  'purpose' | 'factor' | 'address' | 'nonce' | 'keyId' | 'transactionHash' | 'generation' | 'digits'
> & { readonly id: string }

/** The code of a challenge, and where it goes. It exists for as long as the caller holds it; never store or log it. */
export interface ChallengeCode {
  readonly code: string
  readonly to: string
  readonly channel: 'email' | 'sms'
  readonly expiresAt: Date
}

/** Derives the code of a challenge that waits for it; null when the challenge ended. */
export async function codeOfChallenge(
  { store, keys }: Pick<ChallengeWorld, 'store' | 'keys'>,
  challengeId: string,
): Promise<ChallengeCode | null> {
  const challenge = await store.challenges.readChallenge(store.database, challengeId, null)
  if (challenge === null || challenge.status !== 'pending' || challenge.address === null) return null
  const { address, factor, expiresAt } = challenge
  return { code: codeFrom(challenge, keys).code, to: address, channel: channelOf(factor), expiresAt }
}

/** The code and the key that it hangs on. Fails closed (`internal`) for a key that left the ring. */
export function codeFrom(source: CodeSource, keys: KeyRing): { readonly code: string; readonly key: Buffer } {
  const { id, purpose, factor, address, nonce, keyId, transactionHash, generation, digits } = source
  const key = keyId === null ? null : keys.key(keyId)
  if (key === null || nonce === null || address === null) {
    throw new MusterError('internal', 'This code can no longer be checked.', {
      detail: `challenge ${id}: key ${keyId ?? 'none'} is ${key === null ? 'not in the ring' : 'there'}, nonce ${nonce === null ? 'erased' : 'there'}`,
    })
  }
  const channel = channelOf(factor)
  const bound = { tenant, challengeId: id, purpose, channel, destination: address, nonce }
  return { code: deriveCode(key, { ...bound, transactionHash, generation, digits }), key }
}
