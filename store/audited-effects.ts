import type { Effect } from '../domain/effect.ts'
import type { Enrollment, EnrollmentOrigin } from '../domain/enrollment.ts'
import type { Right, RightDenial, RightOrigin } from '../domain/right.ts'

/**
 * How audit events keep effects. Everybody's first event is the largest row that there is of them, so nothing is
 * written that follows from the event (its time, the effect's factor and enrollment) or from a value's absence.
 */
type Kept = Readonly<Record<string, unknown>>

/** An effect as it is read: whole, but for what an enrollment does not say. */
interface AuditedEffect {
  readonly op: unknown
  readonly factor: unknown
  readonly enrollment: unknown
  readonly because: unknown
  readonly before: Kept | null
  readonly after: Kept | null
}

/** Texts of effects on rights: everybody of one verdict shares them. */
const written = new WeakMap<Effect, { readonly at: string; readonly text: string }>()

/** JSON of effects for an event of this time (RFC 3339). */
export function writeEffects(effects: readonly Effect[], at: string): string {
  let text = ''
  for (const effect of effects) text += `${text === '' ? '[' : ','}${writeEffect(effect, at)}`
  return text === '' ? '[]' : `${text}]`
}

function writeEffect(effect: Effect, at: string): string {
  if (effect.after === null || 'key' in effect.after) return JSON.stringify(keptOf(effect, at))
  const known = written.get(effect)
  if (known?.at === at) return known.text
  const text = JSON.stringify(keptOf(effect, at))
  written.set(effect, { at, text })
  return text
}

/** What an undo needs: the operation, what it touched, and what stood before it. JSON leaves out what is undefined. */
export function keptOf({ op, because, before, after }: Effect, at: string): Kept {
  const row = after ?? before
  return {
    op,
    after: after === null ? undefined : imageOf(after, at),
    before: before === null ? undefined : imageOf(before, at),
    factor: row?.factor,
    because,
    enrollment: row !== null && 'id' in row ? row.id : undefined,
  }
}

function imageOf(row: Right | Enrollment, at: string): Kept {
  return 'key' in row ? imageOfEnrollment(row, at) : imageOfRight(row, at)
}

function imageOfRight({ clients, denials, origins, effective }: Right, at: string): Kept {
  return {
    clients: clients ?? undefined,
    denials: denials.length === 0 ? undefined : denials.map((denial) => withoutDefaults(denial, at)),
    origins: origins.map((origin) => withoutDefaults(origin, at)),
    effective,
  }
}

function imageOfEnrollment(row: Enrollment, at: string): Kept {
  return {
    key: row.key === row.address ? undefined : row.key,
    proof: row.proof,
    status: row.status ?? undefined,
    address: row.address,
    origins: keptOrigins(row.origins, at),
    removed: row.removed ?? undefined,
    disabled: row.disabled ?? undefined,
    lastUsed: row.lastUsed ?? undefined,
    replaces: row.replaces ?? undefined,
    statusBy: row.statusBy ?? undefined,
    enrolledAt: row.enrolledAt === at ? undefined : row.enrolledAt,
    lockedUntil: row.lockedUntil ?? undefined,
    statusSince: row.statusSince === at ? undefined : row.statusSince,
    statusReason: row.statusReason ?? undefined,
    proofRequired: row.proofRequired || undefined,
    unwantedSince: row.unwantedSince ?? undefined,
    addressChangedAt: row.addressChangedAt ?? undefined,
    undeliverableSince: row.undeliverableSince ?? undefined,
  }
}

/** Not by `map`: JSON of the lists that it makes takes longer, and this is made of everybody. */
function keptOrigins(origins: readonly EnrollmentOrigin[], at: string): readonly Kept[] {
  const kept: Kept[] = []
  for (const origin of origins) kept.push(originOf(origin, at))
  return kept
}

function originOf(origin: EnrollmentOrigin, at: string): Kept {
  return {
    kind: origin.kind,
    type: origin.type ?? undefined,
    since: origin.since === at ? undefined : origin.since,
    policy: origin.policy ?? undefined,
    source: origin.source ?? undefined,
    attribute: origin.attribute ?? undefined,
    onUnmatch: origin.onUnmatch ?? undefined,
  }
}

function withoutDefaults(reason: RightOrigin | RightDenial, at: string): Kept {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(reason))
    if (value !== null && !(name === 'since' && value === at)) kept[name] = value
  return kept
}

/** Effects of an event of this time as they were before they were kept; also those that were kept whole, as once all were. */
export function readEffects(stored: readonly Kept[], at: string): readonly AuditedEffect[] {
  return stored.map(({ op, factor, enrollment = null, because, before, after }) => {
    const context = { at, factor, enrollment }
    return {
      op,
      factor,
      enrollment,
      because,
      before: readImage(before as Kept | null | undefined, context),
      after: readImage(after as Kept | null | undefined, context),
    }
  })
}

function readImage(
  image: Kept | null | undefined,
  { at, factor, enrollment }: { readonly at: string; readonly factor: unknown; readonly enrollment: unknown },
): Kept | null {
  if (image === null || image === undefined) return null
  const since = { since: at }
  if (enrollment === null) {
    const origins = reasonsOf(image['origins']).map((one) => ({ ...blankOrigin, ...since, ...one }))
    const denials = reasonsOf(image['denials']).map((one) => ({ ...blankDenial, ...since, ...one }))
    return { factor, clients: null, ...image, origins, denials }
  }
  const origins = reasonsOf(image['origins']).map((one) => ({ ...blankEnrollmentOrigin, ...since, ...one }))
  const { address } = image
  return {
    id: enrollment,
    factor,
    key: address,
    proofRequired: false,
    enrolledAt: at,
    statusSince: at,
    ...image,
    origins,
  }
}

const blankOrigin = { policy: null, by: null, until: null, reason: null, clients: null }
const blankDenial = { policy: null, by: null, reason: null }
const blankEnrollmentOrigin = { policy: null, source: null, attribute: null, type: null, onUnmatch: null }

function reasonsOf(value: unknown): readonly Kept[] {
  return Array.isArray(value) ? value : []
}
