import { InvalidArgumentError } from 'commander'

/** How many at most; 0 for all. */
export function parseLimit(text: string): number {
  const limit = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(limit)) {
    throw new InvalidArgumentError('A limit is a whole number; 0 stands for all.')
  }
  return limit
}
