import type { CustomAttributes } from '../../domain/attributes.ts'
import { MusterError } from '../../domain/error.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import { findUnstorable } from '../../domain/storable-text.ts'
import type { Condition } from '../condition.ts'
import { createFactTable } from '../facts/fact-table.ts'
import { parseAddressPath } from '../filter/parse-address-path.ts'
import { parseFilter } from '../filter/parse-filter.ts'
import { type ConditionDocument, conditionFrame, type PolicyDocument, policyFrame } from '../policy-schema.ts'
import { type ConditionWorld, checkConditions } from './check-conditions.ts'
import { checkReachability } from './check-reachability.ts'
import { findCycles, findUnused, isTooLarge } from './check-references.ts'
import { describeIssue, readMember } from './check-shape.ts'
import { type JsonDocument, type PolicyFile, readJsonDocument } from './json-document.ts'
import {
  type DocumentPath,
  type Finding,
  find,
  type Members,
  type PolicyFault,
  type PolicyFaultCode,
} from './policy-fault.ts'

export interface PolicyCheckOptions {
  readonly customAttributes: CustomAttributes
  /** The configured sources: then `groups.SOURCE` of another is an unknown fact. */
  readonly sources?: readonly string[]
}

/** A set that can be put in force, or every fault of all its documents at once. */
export type PolicySetCheck =
  | {
      readonly ok: true
      /** Sorted by id. */
      readonly documents: readonly PolicyDocument[]
      readonly conditions: readonly ConditionDocument[]
    }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] }

/** Checks the documents of one policy set and their named conditions, each alone and all together. */
export function checkPolicySet(
  policyFiles: readonly PolicyFile[],
  conditionFiles: readonly PolicyFile[],
  options: PolicyCheckOptions,
): PolicySetCheck {
  const faults: PolicyFault[] = []
  const policies = readDocuments(policyFiles, faults)
  const named = readDocuments(conditionFiles, faults)
  const world: ConditionWorld = {
    facts: createFactTable({ ...options, groupsFrom: null }),
    names: new Set(named.map(readId)),
  }
  for (const document of policies) place(document, checkPolicy(document.value, world, options), faults)
  for (const document of named) place(document, checkNamed(document.value, world), faults)
  for (const documents of [policies, named]) checkIds(documents, faults)
  // What follows walks through well-formed conditions only.
  if (faults.length === 0) checkTogether(policies, named, world, faults)
  if (faults.length > 0) return { ok: false, faults }
  return {
    ok: true,
    documents: policies.map(({ value }) => policyFrame.parse(value)).sort(byId),
    conditions: named.map(({ value }) => conditionFrame.parse(value)).sort(byId),
  }
}

function readDocuments(files: readonly PolicyFile[], faults: PolicyFault[]): readonly JsonDocument[] {
  const read = files.map(readJsonDocument)
  faults.push(...read.filter((each) => 'code' in each))
  const documents = read.filter((each) => 'value' in each)
  for (const document of documents) place(document, checkTexts(document.value), faults)
  return documents
}

/** The set is kept in the database, which would refuse it later and say less. */
function checkTexts(value: unknown): readonly Finding[] {
  const path = findUnstorable(value)
  const message = 'a text holds U+0000 or half of a surrogate pair, which cannot be kept'
  return path === null ? [] : find(path, 'invalid-value', message)
}

function place(document: JsonDocument, findings: readonly Finding[], faults: PolicyFault[]): void {
  faults.push(...findings.map(document.place))
}

function checkPolicy(value: unknown, world: ConditionWorld, options: PolicyCheckOptions): readonly Finding[] {
  const issues = policyFrame.safeParse(value).error?.issues ?? []
  const conditions = readMember(value, ['conditions'])
  return [
    ...issues.flatMap((issue) => describeIssue(issue, value)),
    ...(isObject(conditions) ? checkConditions(conditions, ['conditions'], world) : []),
    ...checkTarget(readMember(value, ['target']), options),
    ...checkPaths(readMember(value, ['event', 'params', 'enroll'])),
  ]
}

function checkNamed(value: unknown, world: ConditionWorld): readonly Finding[] {
  const issues = conditionFrame.safeParse(value).error?.issues ?? []
  const conditions = readMember(value, ['conditions'])
  return [
    ...issues.flatMap((issue) => describeIssue(issue, value)),
    ...(isObject(conditions) ? checkConditions(conditions, ['conditions'], world) : []),
  ]
}

function checkTarget(target: unknown, { customAttributes }: PolicyCheckOptions): readonly Finding[] {
  if (typeof target !== 'string' || target === '') return []
  return findFault(['target'], 'invalid-filter', () => parseFilter(target, customAttributes))
}

function checkPaths(enroll: unknown): readonly Finding[] {
  if (!Array.isArray(enroll)) return []
  return enroll.flatMap((entry: unknown, index) => {
    const [factor, from] = [readMember(entry, ['factor']), readMember(entry, ['from'])]
    if (!isFactor(factor)) return []
    const at: DocumentPath = ['event', 'params', 'enroll', index, 'from']
    if (typeof from === 'string') return checkPath(from, factor, at)
    if (!Array.isArray(from)) return []
    return from.flatMap((path: unknown, each) =>
      typeof path === 'string' ? checkPath(path, factor, [...at, each]) : [],
    )
  })
}

function checkPath(path: string, factor: Factor, at: DocumentPath): readonly Finding[] {
  return findFault(at, 'invalid-path', () => parseAddressPath(path, factor))
}

function findFault(path: DocumentPath, code: PolicyFaultCode, parse: () => unknown): readonly Finding[] {
  try {
    parse()
    return []
  } catch (cause) {
    if (cause instanceof MusterError && cause.code === 'filter-invalid') {
      const message =
        code === 'invalid-path' ? cause.message.replace('The filter', 'The path') : cause.message
      return [{ path, code, message }]
    }
    throw cause
  }
}

function checkIds(documents: readonly JsonDocument[], faults: PolicyFault[]): void {
  const first = new Map<string, string>()
  for (const document of documents) {
    const id = readId(document)
    if (id === '') continue
    const holder = first.get(id)
    if (holder === undefined) first.set(id, document.file)
    else {
      const message = `The id "${id}" is taken by ${holder}.`
      place(document, [{ path: ['id'], code: 'duplicate-id', message }], faults)
    }
  }
}

function checkTogether(
  policies: readonly JsonDocument[],
  named: readonly JsonDocument[],
  world: ConditionWorld,
  faults: PolicyFault[],
): void {
  const conditions = new Map(named.map((document) => [readId(document), readRoot(document)]))
  const documentOf = new Map(named.map((document) => [readId(document), document]))
  const reportNamed = (ids: readonly string[], code: PolicyFaultCode, message: string) => {
    for (const id of ids) {
      const document = documentOf.get(id)
      if (document !== undefined) place(document, [{ path: ['id'], code, message }], faults)
    }
  }
  const cycles = findCycles(conditions)
  reportNamed(cycles, 'unreachable-condition', 'This condition leads back to itself.')
  reportNamed(
    findUnused(policies.map(readRoot), conditions),
    'unused-condition',
    'No policy uses this condition.',
  )
  if (cycles.length > 0) return
  for (const document of [...policies, ...named]) {
    const root = readRoot(document)
    if (isTooLarge(root, conditions)) {
      const message = 'With its named conditions written out, this has more than 1000 comparisons.'
      place(document, [{ path: ['conditions'], code: 'too-large', message }], faults)
    } else {
      place(document, checkReachability(root, ['conditions'], { facts: world.facts, conditions }), faults)
    }
  }
}

/** The conditions of a document that was found well-formed. */
function readRoot({ value }: JsonDocument): Condition {
  return readMember(value, ['conditions']) as Condition
}

function readId({ value }: JsonDocument): string {
  const id = readMember(value, ['id'])
  return typeof id === 'string' ? id : ''
}

function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : Number(left.id > right.id)
}

function isFactor(value: unknown): value is Factor {
  return factors.some((factor) => factor === value)
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}
