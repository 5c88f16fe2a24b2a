import type { BreakerSettings } from '../../domain/limit-settings.ts'
import type { PrefixRecord } from '../../store/write/limits.ts'

/** What the conversion breaker says of a message before it is counted. */
export interface PrefixVerdict {
  /** Null where the message may go; else seconds until the next probe. */
  readonly refusedFor: number | null
  /** Prefixes whose breaker is open and wants this message as its probe. */
  readonly probes: readonly string[]
  /** Prefixes whose breaker opens with this message, which still goes: the next one does not. */
  readonly opening: readonly PrefixRecord[]
}

/** Judges the records of a number's narrow and wide prefix. `wide` is the wide one's name, null where there are none. */
export function judgePrefixes(
  records: readonly PrefixRecord[],
  wide: string | null,
  settings: BreakerSettings,
  now: Date,
): PrefixVerdict {
  const open = records.flatMap(({ prefix, probeAt }) =>
    probeAt === null ? [] : [{ prefix, wait: probeAt.getTime() - now.getTime() }],
  )
  const wait = Math.max(0, ...open.map((one) => one.wait))
  const opening = records.filter(({ prefix, probeAt, sent, typed }) => {
    const enough = prefix === wide ? settings.wideSends : settings.sends
    // This message makes one more.
    return probeAt === null && sent + 1 >= enough && typed < settings.ratio * (sent + 1)
  })
  return {
    refusedFor: settings.mode === 'enforce' && wait > 0 ? Math.ceil(wait / 1000) : null,
    probes: open.filter((one) => one.wait <= 0).map(({ prefix }) => prefix),
    opening,
  }
}
