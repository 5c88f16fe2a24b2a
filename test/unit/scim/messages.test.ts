import { expect, test } from 'vitest'
import { errorBody } from '../../../scim/error-body.ts'
import { listResponse } from '../../../scim/list-response.ts'

test('RFC 7644 section 3.12: status is a text, and scimType is there when there is one', () => {
  expect(errorBody({ status: 409, scimType: 'uniqueness', detail: 'userName is taken' })).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '409',
    scimType: 'uniqueness',
    detail: 'userName is taken',
  })
  expect(errorBody({ status: 404, scimType: null, detail: 'there is none' })).not.toHaveProperty('scimType')
})

test('RFC 7644 section 3.4.2: a list without hits has its Resources and a total of 0', () => {
  expect(listResponse([], { total: 0, startIndex: 1, nextCursor: null })).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: 0,
    itemsPerPage: 0,
    startIndex: 1,
    Resources: [],
  })
})

test('RFC 9865 section 2: a page by cursor has no place and need not be counted', () => {
  expect(listResponse([{ id: 'a' }], { total: null, startIndex: null, nextCursor: 'next' })).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    itemsPerPage: 1,
    nextCursor: 'next',
    Resources: [{ id: 'a' }],
  })
})
