import type { Database, Transaction } from './database.ts'
import * as horizon from './read/audit-horizon.ts'
import * as audit from './write/audit-events.ts'
import * as seals from './write/audit-seals.ts'
import * as births from './write/births.ts'
import * as breakers from './write/breakers.ts'
import * as standing from './write/challenge-standing.ts'
import * as tries from './write/challenge-tries.ts'
import * as challenges from './write/challenges.ts'
import * as correlation from './write/correlation.ts'
import * as deliveries from './write/deliveries.ts'
import * as due from './write/due.ts'
import * as enrollments from './write/enrollments.ts'
import * as failures from './write/failures.ts'
import * as fresh from './write/fresh-people.ts'
import * as freshUsers from './write/fresh-users.ts'
import * as identities from './write/identities.ts'
import * as installation from './write/installation.ts'
import * as limits from './write/limits.ts'
import * as notices from './write/notices.ts'
import * as parked from './write/parked-effects.ts'
import * as passed from './write/passed-challenges.ts'
import * as policySets from './write/policy-sets.ts'
import * as marks from './write/read-marks.ts'
import * as recordGroups from './write/record-groups.ts'
import * as hashes from './write/record-hashes.ts'
import * as rights from './write/rights.ts'
import * as runs from './write/runs.ts'
import * as scimDerivations from './write/scim-derivations.ts'
import * as scimGroups from './write/scim-groups.ts'
import * as scimMembers from './write/scim-members.ts'
import * as scimUsers from './write/scim-users.ts'
import * as records from './write/source-records.ts'
import * as tokens from './write/tokens.ts'

/**
 * What use cases are given of PostgreSQL: the statements by concept, a pool for reads, and transactions. Every
 * statement takes the connection that it runs on as its first argument.
 */
export interface Store {
  readonly database: Database
  readonly audit: typeof audit
  readonly births: typeof births
  readonly breakers: typeof breakers
  readonly challenges: typeof challenges
  readonly correlation: typeof correlation
  readonly deliveries: typeof deliveries
  readonly due: typeof due
  readonly enrollments: typeof enrollments
  readonly failures: typeof failures
  readonly fresh: typeof fresh
  readonly freshUsers: typeof freshUsers
  readonly hashes: typeof hashes
  readonly horizon: typeof horizon
  readonly identities: typeof identities
  readonly installation: typeof installation
  readonly limits: typeof limits
  readonly marks: typeof marks
  readonly notices: typeof notices
  readonly parked: typeof parked
  readonly passed: typeof passed
  readonly policySets: typeof policySets
  readonly recordGroups: typeof recordGroups
  readonly records: typeof records
  readonly rights: typeof rights
  readonly runs: typeof runs
  readonly scimDerivations: typeof scimDerivations
  readonly scimGroups: typeof scimGroups
  readonly scimMembers: typeof scimMembers
  readonly scimUsers: typeof scimUsers
  readonly seals: typeof seals
  readonly standing: typeof standing
  readonly tokens: typeof tokens
  readonly tries: typeof tries
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction<Result>(work: (trx: Transaction) => Promise<Result>): Promise<Result>
  /** One statement that is a transaction by itself. */
  statement<Result>(run: (database: Database) => Promise<Result>): Promise<Result>
  /** Part of a transaction that can fail by itself: undone when `work` rejects. */
  savepoint<Result>(trx: Transaction, work: () => Promise<Result>): Promise<Result>
}

export function openStore(database: Database): Store {
  return {
    database,
    audit,
    births,
    breakers,
    challenges,
    correlation,
    deliveries,
    due,
    enrollments,
    failures,
    fresh,
    freshUsers,
    hashes,
    horizon,
    identities,
    installation,
    limits,
    marks,
    notices,
    parked,
    passed,
    policySets,
    recordGroups,
    records,
    rights,
    runs,
    scimDerivations,
    scimGroups,
    scimMembers,
    scimUsers,
    seals,
    standing,
    tokens,
    tries,
    transaction: (work) => retryConflicts(() => database.transaction(work)),
    statement: (run) => retryConflicts(() => run(database)),
    savepoint: inSavepoint,
  }
}

async function inSavepoint<Result>(trx: Transaction, work: () => Promise<Result>): Promise<Result> {
  await trx.raw('savepoint part')
  try {
    const result = await work()
    await trx.raw('release savepoint part')
    return result
  } catch (error) {
    await trx.raw('rollback to savepoint part')
    await trx.raw('release savepoint part')
    throw error
  }
}

/** PostgreSQL's codes for "somebody else was first, try again": serialization failure, deadlock (appendix A). */
const conflicts = new Set(['40001', '40P01'])

/** A transaction that lost a conflict left nothing behind, so it is simply run again. */
async function retryConflicts<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let left = 4; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (left === 0 || !conflicts.has(code)) throw error
    }
  }
}
