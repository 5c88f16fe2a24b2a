import { ScimFault } from './scim-fault.ts'

const deepest = 32

/**
 * Refuses JSON that PostgreSQL cannot hold, or that is nested beyond reason: U+0000, lone surrogates, numbers that
 * JavaScript reads as infinite, more than 32 levels. Throws ScimFault 400 `invalidValue`.
 */
export function checkStorable(body: unknown): void {
  check(body, 1)
}

function check(value: unknown, depth: number): void {
  if (typeof value === 'string') checkText(value)
  else if (typeof value === 'number' && !Number.isFinite(value))
    throw new ScimFault(400, 'invalidValue', 'a number is too large')
  else if (typeof value === 'object' && value !== null) checkMembers(value, depth)
}

function checkMembers(value: object, depth: number): void {
  if (depth > deepest)
    throw new ScimFault(400, 'invalidValue', `the body is nested deeper than ${deepest} levels`)
  if (Array.isArray(value)) {
    for (const element of value) check(element, depth + 1)
    return
  }
  for (const [key, member] of Object.entries(value)) {
    checkText(key)
    check(member, depth + 1)
  }
}

function checkText(text: string): void {
  if (text.includes('\u0000')) throw new ScimFault(400, 'invalidValue', 'a text holds the character U+0000')
  // With the flag u a pair is one character, so only a surrogate that stands alone is of this category.
  if (/\p{Surrogate}/u.test(text))
    throw new ScimFault(400, 'invalidValue', 'a text holds half of a surrogate pair')
}
