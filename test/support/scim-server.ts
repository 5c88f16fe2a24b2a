import {
  type LocalAnswer,
  type LocalServer,
  type ReceivedRequest,
  startLocalServer,
} from './http-requests.ts'

export type ScimResource = Readonly<Record<string, unknown>>

/** A scripted server that offers SCIM 2.0 to be read, with the habits and the faults of the real ones. */
export interface ScimServer {
  /** With `/scim/v2`. */
  readonly url: string
  readonly tokenUrl: string
  readonly requests: readonly ReceivedRequest[]
  /** The people as they are now: a test may move them while they are read. */
  users: ScimResource[]
  /** The same of groups; null: no /Groups. */
  groups: ScimResource[] | null
  close(): Promise<void>
}

export interface ScimServerHabits {
  readonly users?: readonly ScimResource[]
  /** Null: no /Groups. */
  readonly groups?: readonly ScimResource[] | null
  /** `rounded`: an index is rounded to whole pages, as naive servers do. */
  readonly paging?: 'index' | 'rounded' | 'cursor'
  /** Whether totalResults is told. */
  readonly counts?: boolean
  /** Keys as Entra ID writes them: `resources`, `nextcursor`. */
  readonly lowerCase?: boolean
  /** Null: no ServiceProviderConfig. */
  readonly sort?: boolean | null
  readonly maxPageSize?: number
  /**
   * What becomes of a filter by `meta.lastModified`: it is kept (usual), ignored, answered 400, or the server says of
   * itself that it does not filter.
   */
  readonly filter?: 'kept' | 'ignored' | 'refused' | 'unsupported'
  /** Answers instead of the server, which goes on where it gives undefined. */
  readonly script?: (request: ReceivedRequest, server: ScimServer) => LocalAnswer | undefined
  readonly tls?: { readonly cert: string; readonly key: string }
}

export const scimToken = 'the-token-of-the-reader'
export const scimClient = { clientId: 'muster reader', clientSecret: 's3cret:/ä' }

export async function startScimServer(habits: ScimServerHabits = {}): Promise<ScimServer> {
  let issued = 0
  const answer = (request: ReceivedRequest): LocalAnswer => {
    const scripted = habits.script?.(request, server)
    if (scripted !== undefined) return scripted
    if (request.path === '/token') {
      if (!isClient(request))
        return json(401, { error: 'invalid_client', error_description: 'anna@example.org' })
      issued += 1
      return json(200, { access_token: `issued-${issued}`, token_type: 'Bearer', expires_in: 3600 })
    }
    const token = (request.headers.authorization ?? '').slice('Bearer '.length)
    if (token !== scimToken && token !== `issued-${issued}`) return json(401, { status: '401' })
    return serve(request, habits, server)
  }
  const local: LocalServer = await startLocalServer(answer, habits.tls)
  const server: ScimServer = {
    url: `${local.url}/scim/v2`,
    tokenUrl: `${local.url}/token`,
    requests: local.requests,
    users: [...(habits.users ?? organizationUsers)],
    groups: habits.groups === null ? null : [...(habits.groups ?? organizationGroups)],
    close: local.close,
  }
  return server
}

/** An answer in JSON. */
export function json(
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): LocalAnswer {
  return {
    status,
    headers: { 'content-type': status === 200 ? 'application/json' : 'application/scim+json', ...headers },
    body: JSON.stringify(document),
  }
}

function isClient({ headers, body }: ReceivedRequest): boolean {
  const form = new URLSearchParams(body)
  const { clientId, clientSecret } = scimClient
  if (form.get('client_id') === clientId && form.get('client_secret') === clientSecret) return true
  const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ')
  const [id = '', secret = ''] = Buffer.from(credentials, 'base64').toString().split(':').map(decodeForm)
  return scheme === 'Basic' && id === clientId && secret === clientSecret
}

function decodeForm(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function serve(
  request: ReceivedRequest,
  habits: ScimServerHabits,
  { users, groups }: ScimServer,
): LocalAnswer {
  const { pathname, searchParams } = new URL(request.path, 'http://localhost')
  const search = pathname.endsWith('/.search') && request.method === 'POST'
  const query = new Map<string, string>(search ? Object.entries(JSON.parse(request.body)) : searchParams)
  switch (pathname.replace('/.search', '')) {
    case '/scim/v2/ServiceProviderConfig':
      return habits.sort === null ? json(404, { status: '404' }) : json(200, describe(habits))
    case '/scim/v2/Users':
      return list(query, habits, users)
    case '/scim/v2/Groups':
      return groups === null ? json(404, { status: '404' }) : list(query, habits, groups)
    default:
      return json(404, { status: '404' })
  }
}

function describe({ sort = true, paging = 'index', filter, maxPageSize }: ScimServerHabits): ScimResource {
  return {
    sort: { supported: sort },
    filter: {
      supported: filter !== 'unsupported',
      ...(maxPageSize === undefined ? {} : { maxResults: maxPageSize }),
    },
    pagination: { cursor: paging === 'cursor', index: paging !== 'cursor' },
  }
}

function list(
  query: ReadonlyMap<string, string | number>,
  {
    paging = 'index',
    counts = true,
    lowerCase = false,
    filter = 'kept',
    maxPageSize = 1000,
  }: ScimServerHabits,
  everything: readonly ScimResource[],
): LocalAnswer {
  const since = /^meta\.lastModified gt "(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"$/.exec(
    String(query.get('filter') ?? ''),
  )
  if (filter === 'refused' && query.has('filter'))
    return json(400, { status: '400', scimType: 'invalidFilter' })
  const all =
    filter === 'kept' && since !== null
      ? everything.filter((one) => timeOf(one) > Date.parse(String(since[1])))
      : everything
  const asked = Number(query.get('count') ?? 100)
  const count = Math.min(asked, maxPageSize)
  const start = startOf(query, paging, count)
  const page = all.slice(start, start + count)
  const cursor = paging === 'cursor' && start + count < all.length ? `c${start + count}` : undefined
  const answer = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    ...(counts ? { totalResults: all.length } : {}),
    itemsPerPage: page.length,
    ...(cursor === undefined ? {} : { nextCursor: cursor }),
    Resources: page,
  }
  if (!lowerCase) return json(200, answer)
  return json(
    200,
    Object.fromEntries(Object.entries(answer).map(([key, value]) => [key.toLowerCase(), value])),
  )
}

function timeOf({ meta }: ScimResource): number {
  const { lastModified } = (meta ?? {}) as { lastModified?: string }
  return Date.parse(lastModified ?? '')
}

function startOf(
  query: ReadonlyMap<string, string | number>,
  paging: ScimServerHabits['paging'],
  count: number,
): number {
  if (paging === 'cursor') return Number(String(query.get('cursor') ?? '').slice(1))
  const index = Math.max(1, Number(query.get('startIndex') ?? 1)) - 1
  return paging === 'rounded' ? Math.floor(index / count) * count : index
}

/** A user of the organization; the id is the name's. */
export function makeUser(userName: string, more: ScimResource = {}): ScimResource {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id: `u-${userName}`,
    userName,
    active: true,
    ...more,
  }
}

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const work = (value: string) => [{ value, type: 'work', primary: true }]
const numbered = (uid: string, more: ScimResource) =>
  makeUser(uid, { [enterprise]: { employeeNumber: `n-${uid}` }, meta: { resourceType: 'User' }, ...more })

/** The people of test/support/organization.ts as a SCIM server shows them. */
export const organizationUsers: readonly ScimResource[] = [
  numbered('anna', {
    displayName: 'Anna Berg',
    name: { familyName: 'Berg' },
    emails: work('anna@example.org'),
    phoneNumbers: [{ value: '+49 151 2345678', type: 'mobile' }],
    groups: [{ value: 'g-field', display: 'field' }],
  }),
  numbered('bela', {
    displayName: 'Béla Kovács',
    name: { familyName: 'Kovács' },
    emails: work('bela@example.org'),
  }),
  numbered('cleo', {
    displayName: 'Cleo, the Third',
    name: { familyName: 'Cleo' },
    title: 'Lead',
    emails: [],
  }),
  numbered('dora', { displayName: 'Dora Ek', name: { familyName: 'Ek' }, active: false, title: null }),
  // As some servers write booleans.
  numbered('emil', { displayName: '山田 太郎', name: { familyName: '山田' }, active: 'True' }),
]

/** In a circle, with a member who is gone. */
export const organizationGroups: readonly ScimResource[] = [
  {
    id: 'g-staff',
    displayName: 'staff',
    members: [{ value: 'g-field', type: 'Group' }, { value: 'u-bela' }],
  },
  {
    id: 'g-field',
    displayName: 'field',
    members: [{ value: 'u-anna' }, { value: 'g-staff', $ref: null }, { value: 'u-gone' }],
  },
]
