import type { Filter } from '../../domain/filter.ts'
export function compileIdentityFilter(_f: Filter): { sql: string; bindings: readonly string[] } {
  throw new Error('todo')
}
