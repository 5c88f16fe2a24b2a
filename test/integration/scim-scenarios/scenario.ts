/**
 * A recorded sequence: what a client of SCIM sends in order, what it expects, and what Muster must then hold.
 * `{{name}}` in a path or a body is what an earlier step kept under that name.
 */
export interface Scenario {
  readonly name: string
  /** Whether the connection is of the interoperability profile. */
  readonly strict: boolean
  readonly steps: readonly Step[]
}

export interface Step {
  /** What the client is doing, with the section of RFC 7643 or 7644 where there is one. */
  readonly does: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Under /scim/v2, the query as people read it; one that holds `%` is sent as it stands. */
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** `none`: without a token. */
  readonly token?: 'none'
  readonly status: number
  /** Parts that the answer must hold: of objects, those named; of lists, every element in order. */
  readonly answer?: unknown
  /** Top-level names that the answer must not hold. */
  readonly lacks?: readonly string[]
  /** Headers of the answer, in lower case. */
  readonly answerHeaders?: Readonly<Record<string, string>>
  /** Names to keep, each with a path into the answer such as `id` or `Resources.0.id`. */
  readonly keeps?: Readonly<Record<string, string>>
  /** What Muster holds of people by the answer, before anything else ran. */
  readonly atOnce?: Readonly<Record<string, Person>>
  /** What Muster holds when what was due has been decided. */
  readonly settled?: Readonly<Record<string, Person>>
}

/** By the name under which the id of a user was kept. Only what is given is looked at. */
export interface Person {
  readonly active?: boolean
  /** Effective rights, sorted. */
  readonly rights?: readonly string[]
  /** `factor status` of each enrollment, sorted. */
  readonly enrollments?: readonly string[]
  /** Names of groups as policies see them, sorted. */
  readonly groups?: readonly string[]
  /** The identity has no live record any more. */
  readonly left?: boolean
  /** Another name of the same identity. */
  readonly is?: string
}

export const coreUser = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const coreGroup = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const listResponse = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

export function patch(...operations: readonly object[]): object {
  return { schemas: [patchOp], Operations: operations }
}

/** A list of nobody, with the list itself there: Entra ID and Okta both need it. */
export const nobody = { schemas: [listResponse], totalResults: 0, Resources: [] }

export function found(...resources: readonly object[]): object {
  return { schemas: [listResponse], totalResults: resources.length, Resources: resources }
}

/** An error of RFC 7644 section 3.12: the status is text. */
export function refused(status: number, scimType?: string): object {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType === undefined ? {} : { scimType }),
  }
}

/** Who may sign in by mail and has an address for it. */
export const onByMail: Person = { active: true, rights: ['otp-email'], enrollments: ['otp-email active'] }
/** Out at once: nothing that was there can be used. */
export const offByMail: Person = { active: false, rights: [], enrollments: ['otp-email suspended'] }
