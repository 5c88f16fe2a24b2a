import { randomBytes, randomUUID } from 'node:crypto'
import { noteTyped } from '../../application/limits/note-typed.ts'
import {
  type Allowance,
  type AllowanceRequest,
  takeAllowance,
} from '../../application/limits/take-allowance.ts'
import { defaultLimits, type LimitSettings } from '../../domain/limit-settings.ts'
import { type Database, openDatabase } from '../../store/database.ts'
import { openStore, type Store } from '../../store/store.ts'

const wide = { count: 1_000_000, per: 3_600_000 }
const noBreaker = { ...defaultLimits.breaker, mode: 'off' } as const
const unspent = { proven: 1_000_000, unproven: 1_000_000 }
const noBudget = { sms: unspent, email: unspent }

/** As they come, without the breaker, which sees all worlds. */
export const plainLimits: LimitSettings = { ...defaultLimits, breaker: noBreaker, budget: noBudget }

/** Limits that stop nothing, for tests of one of them. */
export const noLimits: LimitSettings = {
  ...defaultLimits,
  destinationHour: wide,
  destinationDay: wide,
  identityHour: wide,
  identityDay: wide,
  client: wide,
  network: wide,
  prefix: wide,
  widePrefix: wide,
  country: wide,
  budget: noBudget,
  breaker: noBreaker,
}

/** A sender that no other world knows, under one set of limits, at a time that the test turns. */
export class LimitWorld {
  now = Date.parse('2026-11-25T10:30:00Z')
  readonly store: Store
  private readonly base: AllowanceRequest

  constructor(database: Database, settings: LimitSettings, given: Partial<AllowanceRequest> = {}) {
    this.store = openStore(database)
    this.base = {
      ...{ channel: 'sms', key: '+491512345678', proven: false, addressKey: randomBytes(32) },
      ...{ identityId: randomUUID(), client: randomUUID(), ip: '192.0.2.7', country: randomUUID() },
      now: new Date(this.now),
      settings,
      ...given,
    }
  }

  /** Asks for one message, in a transaction that is rolled back where it is refused, as the use cases do. */
  async send(given: Partial<AllowanceRequest> = {}): Promise<Allowance> {
    const trx = await this.store.database.transaction()
    const allowance = await takeAllowance(trx, this.store, this.request(given))
    await (allowance.ok ? trx.commit() : trx.rollback())
    return allowance
  }

  /** As many as are allowed of `count` messages, one after the other. */
  async sendMany(count: number, given: Partial<AllowanceRequest> = {}): Promise<number> {
    let allowed = 0
    for (let left = count; left > 0; left -= 1) if ((await this.send(given)).ok) allowed += 1
    return allowed
  }

  async type(sends = 1, given: Partial<AllowanceRequest> = {}): Promise<void> {
    const typed = { ...this.request(given), sends }
    await this.store.transaction((trx) => noteTyped(trx, this.store, [typed]))
  }

  request(given: Partial<AllowanceRequest>): AllowanceRequest {
    return { ...this.base, now: new Date(this.now), ...given }
  }

  pass(milliseconds: number): void {
    this.now += milliseconds
  }
}

/** Another pool on the same database, as another process has one. */
export function openPool(url: string, poolSize: number): Database {
  return openDatabase({ url, poolSize, applicationName: 'muster-test' })
}
