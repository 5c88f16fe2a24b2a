import { enterpriseUrn } from '../../../domain/attributes.ts'

/**
 * PATCH on a small user, written a second time: plain data that is changed in place, no schema, no paths. It knows
 * `title`, `name`, `emails` and the department; what the RFC leaves open it decides as docs/scim.md does.
 */
export interface Email {
  value?: string
  type?: string
  primary?: boolean
  display?: string
}
export interface ModelUser {
  userName: string
  active: boolean
  title?: string
  name?: { givenName?: string; familyName?: string }
  emails?: Email[]
  [enterpriseUrn]?: { department?: string }
}

type Op = 'add' | 'replace' | 'remove'
/** Equations joined by `and` or `or`, and whether all of it is negated. */
export interface ModelFilter {
  readonly joined: 'and' | 'or'
  readonly negated: boolean
  readonly terms: readonly (readonly ['type' | 'value', string])[]
}
export type ModelOperation =
  | { readonly on: 'title' | 'department' | 'givenName'; readonly op: Op; readonly value: string | null }
  | { readonly on: 'name'; readonly op: Op; readonly value: Readonly<Record<string, string | null>> | null }
  | { readonly on: 'emails'; readonly op: Op; readonly value: readonly Email[] | null }
  | { readonly on: 'email'; readonly op: Op; readonly filter: ModelFilter; readonly value: Email | null }
  | {
      readonly on: 'part'
      readonly op: Op
      readonly filter: ModelFilter | null
      readonly part: keyof Email
      readonly value: string | boolean | null
    }

/** Thrown with the `scimType` that is expected. */
export class ModelFault extends Error {}

export function patchModel(
  user: ModelUser,
  operations: readonly ModelOperation[],
  strict: boolean,
): ModelUser {
  const patched = structuredClone(user)
  for (const operation of operations) patchOnce(patched, structuredClone(operation), strict)
  return patched
}

function patchOnce(user: ModelUser, operation: ModelOperation, strict: boolean): void {
  if (operation.on === 'title') setText(user, 'title', operation.op, operation.value)
  if (operation.on === 'givenName') {
    user.name ??= {}
    setText(user.name, 'givenName', operation.op, operation.value)
  }
  if (operation.on === 'department') {
    user[enterpriseUrn] ??= {}
    setText(user[enterpriseUrn], 'department', operation.op, operation.value)
  }
  if (operation.on === 'name') patchName(user, operation.op, operation.value, strict)
  if (operation.on === 'emails') patchEmails(user, operation.op, operation.value, strict)
  if (operation.on === 'email' || operation.on === 'part') patchSelected(user, operation, strict)
  if (user.name !== undefined && Object.keys(user.name).length === 0) delete user.name
  if (user.emails?.length === 0) delete user.emails
  const extension = user[enterpriseUrn]
  if (extension !== undefined && Object.keys(extension).length === 0) delete user[enterpriseUrn]
}

function setText<Key extends string>(
  holder: { [key in Key]?: string },
  key: Key,
  op: Op,
  value: string | null,
) {
  if (op === 'remove' || (op === 'replace' && value === null)) delete holder[key]
  else if (value !== null) holder[key] = value
}

function patchName(
  user: ModelUser,
  op: Op,
  value: Readonly<Record<string, string | null>> | null,
  strict: boolean,
) {
  if (op === 'remove' || (op === 'replace' && (value === null || strict))) delete user.name
  if (op === 'remove' || value === null) return
  const name = { ...user.name } as Record<string, string>
  for (const [key, text] of Object.entries(value)) {
    if (text !== null) name[key] = text
    else if (op === 'replace') delete name[key]
  }
  user.name = name
}

function patchEmails(user: ModelUser, op: Op, value: readonly Email[] | null, strict: boolean) {
  const before = user.emails ?? []
  if (op === 'remove' && value === null) {
    user.emails = []
    return
  }
  const sent = readEmails(value ?? [], strict)
  if (op === 'replace') user.emails = sent
  if (op === 'remove') user.emails = before.filter((email) => !sent.some((named) => isNamed(email, named)))
  if (op === 'add') user.emails = sent.reduce(addEmail, before)
}

/** What a body with these values would keep. */
function readEmails(values: readonly Email[], strict: boolean): Email[] {
  const kept: Email[] = []
  for (const value of values) {
    if (Object.keys(value).length === 0 || (!strict && value.value === undefined)) continue
    const same = kept.find((other) => isSame(other, value))
    if (same === undefined) kept.push({ ...value })
    else if (value.primary === true) same.primary = true
  }
  if (kept.filter(({ primary }) => primary === true).length > 1) throw new ModelFault('invalidValue')
  return kept
}

function isSame(one: Email, other: Email): boolean {
  if (one.value === undefined) return sorted(one) === sorted(other)
  return one.value === other.value && one.type === other.type
}

const sorted = (email: Email) => JSON.stringify(Object.entries(email).sort())

function isNamed(email: Email, named: Email): boolean {
  const same = (key: 'value' | 'type' | 'display') =>
    named[key] === undefined || email[key]?.toLowerCase() === named[key]?.toLowerCase()
  if (named.value !== undefined) return same('value') && same('type')
  return same('type') && same('display') && (named.primary === undefined || named.primary === email.primary)
}

function addEmail(emails: Email[], email: Email): Email[] {
  const same = emails.find((other) => isSame(other, email))
  if (email.primary === true) for (const other of emails) if (other.primary === true) other.primary = false
  if (same === undefined) emails.push(email)
  else Object.assign(same, email)
  return emails
}

type Selected = Extract<ModelOperation, { on: 'email' | 'part' }>

function patchSelected(user: ModelUser, operation: Selected, strict: boolean): void {
  const { filter, op } = operation
  const emails = user.emails ?? []
  const selected = emails.filter((email) => filter === null || selects(filter, email))
  if (selected.length === 0) {
    user.emails = createEmail(emails, operation, strict)
    return
  }
  const written = new Map(selected.map((email) => [email, write(email, operation, strict)]))
  const left = emails.flatMap((email) => (written.has(email) ? (written.get(email) ?? []) : email))
  const winners = left.filter((email) => email.primary === true && [...written.values()].includes(email))
  if (op !== 'remove' && winners.length > 1) throw new ModelFault('invalidValue')
  for (const email of left)
    if (winners.length > 0 && !winners.includes(email) && email.primary) email.primary = false
  user.emails = readEmails(left, true)
}

function selects({ joined, negated, terms }: ModelFilter, email: Email): boolean {
  const holds = ([key, text]: readonly ['type' | 'value', string]) =>
    email[key]?.toLowerCase() === text.toLowerCase()
  return (joined === 'and' ? terms.every(holds) : terms.some(holds)) !== negated
}

function write(email: Email, operation: Selected, strict: boolean): Email | undefined {
  const { op, on, value } = operation
  let next: Email = { ...email }
  if (on === 'email') {
    const isNothing = value === null || Object.keys(value).length === 0
    if (op === 'remove' || (op === 'replace' && isNothing)) return undefined
    if (op === 'replace') return strict || value?.value !== undefined ? { ...value } : undefined
    return isNothing ? email : { ...email, ...value }
  }
  if (op === 'remove' || (op === 'replace' && value === null)) delete next[operation.part]
  else if (value !== null) next = { ...next, [operation.part]: value }
  else return email
  const nothing = strict ? Object.keys(next).length === 0 : next.value === undefined
  return nothing ? undefined : next
}

function createEmail(emails: Email[], operation: Selected, strict: boolean): Email[] {
  const { filter, op, on, value } = operation
  if (op === 'remove' && filter === null) return emails
  const keys = filter?.terms.map(([key]) => key) ?? []
  const isPlain =
    filter === null ||
    (!filter.negated && (filter.joined === 'and' || keys.length === 1) && new Set(keys).size === keys.length)
  if (op === 'remove' || strict || !isPlain) throw new ModelFault('noTarget')
  const described: Email = Object.fromEntries(filter?.terms ?? [])
  if (on === 'email' && (value === null || Object.keys(value).length === 0)) return emails
  const sent =
    on === 'email'
      ? value
      : value === null
        ? withoutPart(described, operation.part)
        : { [operation.part]: value }
  return readEmails([{ ...described, ...sent }], strict).reduce(addEmail, emails)
}

function withoutPart(described: Email, part: keyof Email): Email {
  delete described[part]
  return {}
}
