import { inspect } from 'node:util'

/**
 * A value that must not reach a log, a message or a JSON document by accident: every way of printing it gives
 * `[secret]`. Only `reveal()` gives it away, where it is used.
 */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  reveal(): T {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}
