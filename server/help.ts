import { z } from 'zod'
import { lookUpLocale } from '../application/messages/look-up-locale.ts'
import type { ChallengeAction } from '../domain/challenge.ts'
import { type ErrorCode, MusterError } from '../domain/error.ts'

/** What people can try when something was refused, in their language. */
export interface Help {
  /** Sentences for a problem; `preference` is the request's Accept-Language. Null: nothing helps. */
  find(
    code: string,
    preference: string | null,
  ): { readonly locale: string; readonly help: readonly string[] } | null
}

/** No help at all. */
export const noHelp: Help = { find: () => null }

const helpFile = z.record(z.string(), z.array(z.string().min(1).max(300)).min(1))
const fallback = 'en'

/** Makes help of the files of a folder, by language tag: adding a language is adding a file. Throws `configuration`. */
export function createHelp(files: ReadonlyMap<string, unknown>): Help {
  const locales = new Map<string, Readonly<Record<string, readonly string[]>>>()
  for (const [locale, file] of files) {
    const parsed = helpFile.safeParse(file)
    if (!parsed.success)
      throw new MusterError('configuration', `The help texts of "${locale}" cannot be used.`)
    locales.set(locale, parsed.data)
  }
  const known = new Set(locales.keys())
  return {
    find: (code, preference) => {
      const wanted = lookUpLocale(preference, known, fallback)
      const locale = locales.get(wanted)?.[code] === undefined ? fallback : wanted
      const help = locales.get(locale)?.[code]
      return help === undefined ? null : { locale, help }
    },
  }
}

/** What can be done about a fault whose thrower did not say. */
export const usualActions: Readonly<Partial<Record<ErrorCode, readonly ChallengeAction[]>>> = {
  'code-expired': ['new-challenge'],
  'no-more-sends': ['other-address', 'other-factor', 'new-challenge'],
  'too-many-requests': ['wait'],
  'right-missing': ['other-factor'],
}
