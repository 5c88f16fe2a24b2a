import {
  defineAttribute,
  defineComplex,
  defineList,
  defineReference,
  defineText,
} from './define-attribute.ts'
import type { ScimSchema } from './scim-schema.ts'

const readOnly = { mutability: 'readOnly' } as const

const singleTexts = [
  defineText('displayName', 'The name of the person, fit for display.'),
  defineText('nickName', 'What the person is called in daily life.'),
  defineReference('profileUrl', 'A page about the person.', ['external']),
  defineText('title', 'The title, such as "Vice President".'),
  defineText('userType', 'How the person belongs to the organization, such as "Employee" or "Contractor".'),
  defineText(
    'preferredLanguage',
    'The language for written and spoken words, as in the header Accept-Language.',
  ),
  defineText('locale', 'The place whose forms of dates and numbers the person is used to, such as "en-US".'),
  defineText('timezone', 'A time zone of the IANA database, such as "Europe/Berlin".'),
]

const name = defineComplex('name', 'The parts of the name of the person.', [
  defineText('formatted', 'The whole name.'),
  defineText('familyName', 'The family name.'),
  defineText('givenName', 'The given name.'),
  defineText('middleName', 'The middle names.'),
  defineText('honorificPrefix', 'What stands before the name, such as "Ms.".'),
  defineText('honorificSuffix', 'What stands behind the name, such as "III".'),
])

const address = [
  defineText('formatted', 'The whole address, with line breaks.'),
  defineText('streetAddress', 'Street, house number, post-office box.'),
  defineText('locality', 'The city.'),
  defineText('region', 'The state or region.'),
  defineText('postalCode', 'The postal code.'),
  defineText('country', 'The country, as two letters of ISO 3166-1.'),
]

const lists = [
  defineList(
    'emails',
    'E-mail addresses.',
    [defineText('value', 'An e-mail address.')],
    ['work', 'home', 'other'],
  ),
  defineList(
    'phoneNumbers',
    'Phone numbers.',
    [defineText('value', 'A phone number.')],
    ['work', 'home', 'mobile', 'fax', 'pager', 'other'],
  ),
  defineList(
    'ims',
    'Addresses for instant messages.',
    [defineText('value', 'An address for instant messages.')],
    ['aim', 'gtalk', 'icq', 'xmpp', 'msn', 'skype', 'qq', 'yahoo'],
  ),
  defineList(
    'photos',
    'Addresses of pictures.',
    [defineReference('value', 'The address of a picture.', ['external'])],
    ['photo', 'thumbnail'],
  ),
  defineList('addresses', 'Postal addresses.', address, ['work', 'home', 'other']),
]

const groups = defineComplex(
  'groups',
  'The groups that the person is in, directly or through other groups. Changed through the groups only.',
  [
    defineText('value', 'The id of the group.', { ...readOnly, caseExact: true }),
    // Erratum 8471: a group, never a user.
    defineReference('$ref', 'The address of the group.', ['Group'], readOnly),
    defineText('display', 'The name of the group.', readOnly),
    defineText('type', 'Whether the person is in the group itself or in one inside it.', {
      ...readOnly,
      canonicalValues: ['direct', 'indirect'],
    }),
  ],
  { ...readOnly, multiValued: true },
)

const labels = [
  defineList('entitlements', 'What the person may have.', [defineText('value', 'An entitlement.')]),
  defineList('roles', 'What the person is, such as "Student".', [defineText('value', 'A role.')]),
  defineList('x509Certificates', 'Certificates of the person.', [
    defineAttribute('binary', 'value', 'A certificate: DER in base64.', { caseExact: true }),
  ]),
]

/** The core User of RFC 7643 section 4.1, all of it but `password`, which this server has no use for. */
export const coreUserSchema: ScimSchema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User Account',
  description: 'User Account',
  attributes: [
    defineText('userName', 'The name that the person signs in with; unique within the connection.', {
      required: true,
      uniqueness: 'server',
    }),
    name,
    ...singleTexts,
    defineAttribute('boolean', 'active', 'Whether the person may sign in. True where nothing is said.'),
    ...lists,
    groups,
    ...labels,
  ],
}
