import { InvalidArgumentError } from 'commander'
import { parseScope, type Scope, scopeForms } from '../../domain/token.ts'

/** Reads one `--scope`, or several with commas between them, and adds them to those before. */
export function collectScopes(text: string, before: readonly Scope[] = []): readonly Scope[] {
  const scopes = text.split(',').map((word) => {
    const scope = parseScope(word.trim())
    if (scope === null)
      throw new InvalidArgumentError(`${JSON.stringify(word)} is no scope. There are ${scopeForms}.`)
    return scope
  })
  return [...new Set([...before, ...scopes])]
}
