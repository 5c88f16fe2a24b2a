import { inspect } from 'node:util'

/**
 * A value that must not reach a log, a message or a JSON document by accident: every way of printing it gives
 * `[secret]`. Only `reveal()` gives it away, where it is used. It may be renewed while the process runs, so whoever
 * uses it for long reveals it again.
 */
export class Secret<T = string> {
  #value: T

  constructor(value: T) {
    this.#value = value
  }

  reveal(): T {
    return this.#value
  }

  /** Whoever reveals it from now on gets this value. */
  renew(value: T): void {
    this.#value = value
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
