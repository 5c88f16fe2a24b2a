import type { ReadFaultCode } from '../../domain/source-row.ts'
import { SourceFault } from '../source-fault.ts'

interface ResultMeaning {
  readonly code: ReadFaultCode
  readonly sentence: string
}

/** Result codes (RFC 4511 appendix A) that mean something of their own to who reads a directory. */
const meanings: Readonly<Record<number, ResultMeaning>> = {
  3: { code: 'time-limit', sentence: 'the server stopped at its time limit' },
  4: {
    code: 'size-limit',
    sentence: 'the server stopped at its size limit: raise it for the account that reads',
  },
  10: { code: 'referral', sentence: 'the server refers to another server' },
  11: { code: 'size-limit', sentence: 'the server stopped at an administrative limit' },
  12: { code: 'paging-dropped', sentence: 'the server refuses paged results' },
  13: { code: 'access-denied', sentence: 'the server wants a protected connection' },
  32: { code: 'base-not-found', sentence: 'there is no such base, or the account may not see it' },
  34: { code: 'base-not-found', sentence: 'the base is not a distinguished name' },
  50: { code: 'access-denied', sentence: 'the account may not read this' },
}

/** What a search's result code means; `at` names what was searched. The code must not be 0. */
export function describeResult(result: number, diagnostic: string, at: string): SourceFault {
  const text = sanitizeDiagnostic(diagnostic)
  const meaning = meanings[result]
  if (meaning) return new SourceFault(meaning.code, `${at}: ${meaning.sentence} (code ${result}${text})`)
  if (result === 87 || /\bfilter\b/i.test(diagnostic))
    return new SourceFault('filter-refused', `${at}: the server refuses the filter (code ${result}${text})`)
  return new SourceFault('server-error', `${at}: the server answers with code ${result}${text}`)
}

/** What a refused bind means. */
export function describeBindResult(result: number, host: string, account: string): SourceFault {
  if (result === 49)
    return new SourceFault(
      'bind-refused',
      `${host} refuses the bind of ${account}: wrong password or unknown account (code 49)`,
    )
  // Busy or unavailable: another server may be neither.
  if (result === 51 || result === 52)
    return new SourceFault('unreachable', `${host} is busy or unavailable (code ${result})`)
  return new SourceFault('bind-refused', `${host} refuses the bind of ${account} (code ${result})`)
}

/** A server's own words, cut and printable, ready to follow the code. */
function sanitizeDiagnostic(diagnostic: string): string {
  const printable = diagnostic.replace(/[^\x20-\x7e]+/g, ' ').trim()
  return printable === '' ? '' : `: ${printable.slice(0, 200)}`
}
