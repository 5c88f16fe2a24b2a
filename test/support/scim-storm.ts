import fc from 'fast-check'
import { urns } from './scim-resources.ts'

const nasty = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'userName',
  'members',
  'emails[type eq "work"].value',
  'Operations',
  'schemas',
  'id',
  'meta',
  'op',
  'path',
  'value',
  'active',
  '\u0000',
  '\ud800',
  "'; drop table scim_users; --",
  '%s%n',
  '../../etc/passwd',
  urns.enterprise,
  urns.patch,
  urns.bulk,
)
const text = fc.oneof({ weight: 3, arbitrary: nasty }, fc.string({ maxLength: 40, unit: 'binary' }))
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.double(),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
  ),
})).value
const mostly = <Value>(usual: fc.Arbitrary<Value>, odd: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: odd })
const userBody = fc.record(
  {
    schemas: mostly(fc.constant<unknown>([urns.user]), json),
    userName: mostly<unknown>(text, json),
    name: json,
    emails: json,
    active: json,
    [urns.enterprise]: json,
  },
  { requiredKeys: ['userName'] },
)
const groupBody = fc.record(
  { displayName: mostly<unknown>(text, json), members: json },
  { requiredKeys: ['displayName'] },
)
const patchPath = fc.constantFrom(
  'title',
  'name',
  'name.givenName',
  'emails',
  'emails[type eq "work"]',
  'emails[type eq "work"].value',
  'members',
  'members[value eq "x"]',
  'active',
  `${urns.enterprise}:manager`,
  urns.enterprise,
)
const patchBody = fc.record({
  schemas: mostly<unknown>(fc.constant([urns.patch]), json),
  Operations: mostly<unknown>(
    fc.array(
      fc.record(
        {
          op: mostly<unknown>(fc.constantFrom('add', 'Replace', 'remove'), json),
          path: mostly<unknown>(fc.oneof(patchPath, text), json),
          value: json,
        },
        { requiredKeys: ['op'] },
      ),
      { minLength: 1, maxLength: 4 },
    ),
    json,
  ),
})
const bulkBody = fc.record({
  schemas: fc.constant([urns.bulk]),
  Operations: fc.array(
    fc.record(
      {
        method: mostly<unknown>(fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE'), json),
        path: fc.oneof(fc.constantFrom('/Users', '/Groups', '/Users/bulkId:a', '/Groups/bulkId:b'), text),
        bulkId: fc.constantFrom('a', 'b', 'c', 'd'),
        version: fc.oneof(fc.constantFrom('W/"1"', '*'), text),
        data: fc.oneof(userBody, groupBody, patchBody, json),
      },
      { requiredKeys: ['method', 'path', 'bulkId', 'data'] },
    ),
    { maxLength: 4 },
  ),
})
const filter = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'userName',
        'emails',
        'emails.value',
        'active',
        'meta.lastModified',
        'id',
        'groups',
        'members',
        'name.x',
      ),
      fc.constantFrom('eq', 'ne', 'co', 'sw', 'gt', 'le', 'zz'),
      json,
    )
    .map(([name, operator, value]) => `${name} ${operator} ${JSON.stringify(value)}`),
  fc.constantFrom('userName pr', 'not (title pr)', 'emails[type eq "work" and value co "x"]', '((((', ''),
  text,
)
const number = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('-1', '1e9', '99999999999999999999', ''),
  text,
)
const parameters = fc
  .record(
    {
      filter,
      sortBy: fc.oneof(fc.constantFrom('userName', 'emails', 'meta.created', 'title'), text),
      sortOrder: fc.constantFrom('ascending', 'descending', 'up'),
      count: number,
      startIndex: number,
      cursor: text,
      attributes: text,
      excludedAttributes: text,
    },
    { requiredKeys: [] },
  )
  .map((given) => Object.entries(given).slice(0, 3))
const searchBody = parameters.map((given) => Object.fromEntries(given))
const writtenQuery = parameters.map((given) => new URLSearchParams(given).toString())

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '')
const odd = fc.oneof(
  json.map(bytesOf),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('['.repeat(5000), '{"a":1e999}', '{"a":"\\ud800"}', '{"userName":"a\\u0000"}', '{')
    .map((given) => Buffer.from(given)),
)
const route = (method: string, path: string, arbitrary: fc.Arbitrary<unknown> | null) =>
  fc.tuple(
    fc.constant(method),
    fc.constant(path),
    arbitrary === null ? fc.constant(null) : mostly<Buffer | null>(arbitrary.map(bytesOf), odd),
  )
/** What is there, with bodies of the kind that it takes; and anything anywhere. */
const call = fc.oneof(
  route('POST', '/Users', userBody),
  route('PUT', '/Users/USER', userBody),
  route('PATCH', '/Users/USER', patchBody),
  route('POST', '/Groups', groupBody),
  route('PUT', '/Groups/GROUP', groupBody),
  route('PATCH', '/Groups/GROUP', patchBody),
  route('POST', '/Bulk', bulkBody),
  route('POST', '/Users/.search', searchBody),
  route('POST', '/Groups/.search', searchBody),
  route('GET', '/Users', null),
  route('GET', '/Groups', null),
  route('GET', '/Users/USER', null),
  fc.tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'),
    // What HTTP lets stand in a line; anything else Node refuses before us.
    fc
      .tuple(
        fc.constantFrom('', '/', '/Users', '/Bulk', '/Me', '/.search', '/Schemas', '/ServiceProviderConfig'),
        fc.string({ maxLength: 30 }).map((given) => given.replace(/[^\x21-\x7e]/g, '')),
      )
      .map((parts) => parts.join('/')),
    fc.option(odd),
  ),
)
const header = fc.tuple(
  fc.constantFrom('if-match', 'if-none-match', 'prefer', 'accept', 'content-encoding', 'range'),
  fc.oneof(
    fc.constantFrom('*', 'W/"1"', 'return=minimal'),
    fc.string().map((given) => given.replace(/[^\x21-\x7e]/g, '')),
  ),
)
/**
 * Requests of hostile clients: what each route takes with something wrong in it, and anything anywhere. `USER` and
 * `GROUP` in a path stand for ids.
 */
export const hostileRequest = fc.record({
  call,
  query: fc.oneof(fc.constant(''), writtenQuery),
  headers: mostly(fc.constant<[string, string][]>([]), fc.array(header, { maxLength: 2 })),
  type: mostly(
    fc.constant('application/scim+json'),
    fc.constantFrom('application/json', 'text/plain', 'application/scim+json; charset=utf-16', ';;'),
  ),
})

type HostileRequest = typeof hostileRequest extends fc.Arbitrary<infer Value> ? Value : never

const usual = (method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: object): [HostileRequest] => [
  {
    call: [method, path, body === undefined ? null : bytesOf(body)],
    query: '',
    headers: [],
    type: 'application/scim+json',
  },
]
const adding = (path: string) => ({
  schemas: [urns.patch],
  Operations: [{ op: 'add', path, value: 'usual' }],
})
/** One request each that the server takes: without them it were luck whether a storm does more than being refused. */
export const usualRequests = [
  usual('POST', '/Users', { schemas: [urns.user], userName: 'usual' }),
  usual('PUT', '/Users/USER', { schemas: [urns.user], userName: 'victim' }),
  usual('PATCH', '/Users/USER', adding('title')),
  usual('PATCH', '/Groups/GROUP', adding('displayName')),
  usual('POST', '/Users/.search', { count: 1 }),
  usual('GET', '/Users'),
]
