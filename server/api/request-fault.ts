import type { z } from 'zod'

/** One place of a request that is not as its schema wants it. */
export interface Violation {
  /** A JSON pointer (RFC 6901) into the body, or the parameter's name. */
  readonly pointer: string
  readonly message: string
}

/** A request whose body or query is not of its schema: answered as `invalid-request` with every violation. */
export class RequestFault extends Error {
  readonly violations: readonly Violation[]

  constructor(place: 'query' | 'body', issues: readonly z.core.$ZodIssue[]) {
    super(`The ${place} is not as this operation takes it.`)
    this.name = 'RequestFault'
    this.violations = issues.slice(0, most).map((issue) => describeIssue(issue))
  }
}

const most = 20

/** Zod's sentences name what was expected; those that could quote what was sent are replaced. */
function describeIssue(issue: z.core.$ZodIssue): Violation {
  const pointer = issue.path.map((part) => `/${escapePointer(String(part))}`).join('')
  return { pointer, message: messageOf(issue) }
}

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'There are keys that this operation does not know.'
    case 'invalid_union':
      return 'None of the forms that are taken here.'
    case 'invalid_key':
    case 'invalid_element':
      return 'Not of the form that is taken here.'
    default:
      return issue.message
  }
}

function escapePointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1')
}
