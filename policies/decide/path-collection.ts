import type { Address } from '../../domain/address.ts'
import type { Factor } from '../../domain/factor.ts'
import { parseAddressPath } from '../filter/parse-address-path.ts'

/** Paths that are written alike are followed once for an identity. */
export class PathCollection {
  readonly predicates: ((address: Address) => boolean)[] = []
  readonly #numbers = new Map<string, number>()

  add(path: string, factor: Factor): number {
    const key = `${factor} ${path}`
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.predicates.push(parseAddressPath(path, factor).selects) - 1
    this.#numbers.set(key, number)
    return number
  }
}
