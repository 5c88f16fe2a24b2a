import type { UnusableReason } from './address.ts'
import { MusterError } from './error.ts'

/** A typed address that cannot be enrolled, with the reason that policies report too. Never names the address. */
export class AddressFault extends MusterError {
  readonly reason: UnusableReason

  constructor(reason: UnusableReason) {
    super('unusable-address', `The address cannot be enrolled: ${reason}.`)
    this.name = 'AddressFault'
    this.reason = reason
  }
}
