import { enterpriseUrn } from '../domain/attributes.ts'
import { defineComplex, defineReference, defineText } from './define-attribute.ts'
import type { ScimSchema } from './scim-schema.ts'

/** The enterprise extension of RFC 7643 section 4.3; `manager.value` is case-exact by erratum 8472. */
export const enterpriseUserSchema: ScimSchema = {
  id: enterpriseUrn,
  name: 'Enterprise User',
  description: 'Enterprise User',
  attributes: [
    defineText('employeeNumber', 'The number that the organization gave the person.'),
    defineText('costCenter', 'The cost centre.'),
    defineText('organization', 'The organization.'),
    defineText('division', 'The division.'),
    defineText('department', 'The department.'),
    defineComplex('manager', 'Who the person reports to.', [
      defineText('value', 'The id of the manager.', { caseExact: true }),
      defineReference('$ref', 'The address of the manager.', ['User']),
      defineText('displayName', 'The name of the manager. Accepted and not kept.', {
        mutability: 'readOnly',
      }),
    ]),
  ],
}
