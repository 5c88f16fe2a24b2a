import type { ReadFault, ReadFaultCode } from '../domain/source-row.ts'

/**
 * A source did something that ends the read without its proof: unreachable, silent, lying, truncating. Readers turn
 * it into an incomplete outcome; it never leaves a connector.
 */
export class SourceFault extends Error {
  readonly code: ReadFaultCode

  constructor(code: ReadFaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SourceFault'
    this.code = code
  }

  toReadFault(): ReadFault {
    return { code: this.code, message: this.message }
  }
}
