import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A file of the project by its path from the root, whether this runs from the sources or from `dist/`; null: none. */
export function findProjectFile(path: string): string | null {
  const places = [new URL(`../${path}`, import.meta.url), new URL(`../../${path}`, import.meta.url)]
  return places.map((place) => fileURLToPath(place)).find((file) => existsSync(file)) ?? null
}
