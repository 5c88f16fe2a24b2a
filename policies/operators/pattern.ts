import { RE2JS } from 're2js'
import { remember } from '../remember.ts'

const maxLength = 512
/** Instructions of the compiled pattern: matching costs this times the length of the text, at worst. */
const maxProgram = 2000

export type PatternFault = { readonly code: 'invalid-regex' | 'regex-too-large'; readonly message: string }

/** The pattern, compiled for matching in linear time (RE2 syntax), or why it is refused. */
export function compilePattern(pattern: string): RE2JS | PatternFault {
  if (pattern.length > maxLength) {
    return { code: 'regex-too-large', message: `the pattern is longer than ${maxLength} characters` }
  }
  const compiled = tryCompile(pattern)
  if (compiled instanceof RE2JS && compiled.programSize() > maxProgram) {
    return {
      code: 'regex-too-large',
      message: 'the pattern is too large once its repetitions are written out',
    }
  }
  return compiled
}

/** Whether the text holds a match anywhere; `^` and `$` anchor it. A refused pattern matches nothing. */
export function matchesPattern(text: string, pattern: string): boolean {
  const compiled = compileOnce(pattern)
  return compiled instanceof RE2JS && compiled.test(text)
}

const compileOnce = remember(compilePattern, 1000)

function tryCompile(pattern: string): RE2JS | PatternFault {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    const why =
      cause instanceof Error ? cause.message.replace('error parsing regexp: ', '') : 'it cannot be read'
    return { code: 'invalid-regex', message: `the pattern is not an RE2 regular expression: ${why}` }
  }
}
