import type { ConfigurationPath } from './fault.ts'
import { isRecord } from './schema-tree.ts'

/** A copy in which nothing is shared: what an alias repeats can be replaced in one place only. */
export function copyTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyTree)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyTree(item)]))
}

/**
 * Puts a value where the path leads, making the mappings on the way that are absent. Where something else than a
 * mapping or a list is in the way nothing is set: the schema reports that.
 */
export function setPath(root: unknown, path: ConfigurationPath, value: unknown): void {
  let parent = root
  for (const [depth, segment] of path.entries()) {
    if (!isContainer(parent)) return
    if (depth === path.length - 1) parent[segment] = value
    else if (!Object.hasOwn(parent, segment)) parent[segment] = {}
    parent = parent[segment]
  }
}

/** Takes away what the path leads to, if it is there. */
export function deletePath(root: unknown, path: ConfigurationPath): void {
  let parent = root
  for (const segment of path.slice(0, -1)) parent = isContainer(parent) ? parent[segment] : undefined
  const last = path.at(-1)
  if (isContainer(parent) && last !== undefined) delete parent[last]
}

function isContainer(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null
}
