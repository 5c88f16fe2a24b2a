import type { z } from 'zod'
import { findNearest } from '../domain/nearest.ts'
import type { ConfigurationPath, Finding } from './fault.ts'
import { listHomes, listKnownKeys, readPath, type SchemaNode } from './schema-tree.ts'

type Issue = z.core.$ZodIssue

/** What the findings are made from: the document that was checked, and the schema as JSON Schema. */
export interface CheckedDocument {
  readonly schema: SchemaNode
  readonly document: unknown
}

/** Turns what zod reports into sentences with the nearest known keys and values. */
export function describeIssues(
  checked: CheckedDocument,
  issues: readonly Issue[],
  base: ConfigurationPath = [],
): readonly Finding[] {
  const findings = issues.flatMap((issue) => describeIssue(checked, issue, [...base, ...pathOf(issue)]))
  // A misspelled key is one fault, not two: its right spelling is not also missing.
  const meant = new Set(findings.flatMap(({ meant }) => (meant === undefined ? [] : [keyOf(meant)])))
  return findings.filter((finding) => finding.code !== 'missing' || !meant.has(keyOf(finding.path)))
}

/** A finding about a misspelled key knows which path was meant. */
interface DescribedIssue extends Finding {
  readonly meant?: ConfigurationPath
}

function describeIssue(checked: CheckedDocument, issue: Issue, path: ConfigurationPath): DescribedIssue[] {
  const found = readPath(checked.document, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => describeUnknownKey(checked, path, key))
    case 'invalid_type':
      return [describeWrongType(path, found, nameType(issue.expected))]
    case 'invalid_value':
      return [describeUnknownValue(path, found, issue.values.map(String))]
    case 'invalid_union':
      return describeUnion(checked, issue, path, found)
    case 'invalid_key':
      return [
        value(
          path,
          'invalid',
          `"${String(path.at(-1))}" cannot be a name here: ${explainFormat(issue.issues)}`,
          'key',
        ),
      ]
    case 'too_small':
    case 'too_big':
      return [value(path, 'invalid', describeSize(issue, path))]
    case 'invalid_format':
      return [
        value(path, 'invalid', `${nameOf(path)} is not well formed: expected ${explainFormat([issue])}`),
      ]
    case 'not_multiple_of':
    case 'invalid_element':
    case 'custom':
      return [value(path, 'invalid', `${nameOf(path)}: ${issue.message}`)]
  }
}

function describeUnknownKey(
  checked: CheckedDocument,
  parent: ConfigurationPath,
  key: string,
): DescribedIssue {
  const known = listKnownKeys(checked.schema, parent, checked.document)
  const nearest = findNearest(key, known)
  const where = parent.length === 0 ? 'at the top level' : `in ${nameOf(parent)}`
  const finding = {
    path: [...parent, key],
    at: 'key',
    code: 'unknown-key',
    message: `"${key}" is no key ${where}${nearest === null ? suggestHome(checked.schema, key, known) : `; the nearest known key is "${nearest}"`}.`,
  } as const
  return nearest === null ? finding : { ...finding, meant: [...parent, nearest] }
}

function suggestHome(schema: SchemaNode, key: string, known: readonly string[]): string {
  const homes = listHomes(schema, key)
  if (homes.length > 0) return `; it belongs to ${homes.join(' or ')}`
  return known.length === 0 ? '' : `; known are ${known.join(', ')}`
}

function describeWrongType(path: ConfigurationPath, found: unknown, expected: string): Finding {
  if (found === undefined)
    return value(path, 'missing', `${nameOf(path)} is missing: expected ${expected}`, 'key')
  return value(path, 'wrong-type', `${nameOf(path)}: expected ${expected}, found ${nameFound(found)}`)
}

function describeUnknownValue(path: ConfigurationPath, found: unknown, known: readonly string[]): Finding {
  const expected = known.length === 1 ? `${known[0]}` : `one of ${known.join(', ')}`
  if (typeof found !== 'string') return describeWrongType(path, found, expected)
  const nearest = findNearest(found, known)
  const hint = nearest === null ? '' : `; the nearest is ${nearest}`
  return value(path, 'unknown-value', `${nameOf(path)}: expected ${expected}, found "${found}"${hint}`)
}

/**
 * Of a union the branch that the document comes nearest to is explained: one of the right type if there is any,
 * then the one with the fewest faults.
 */
function describeUnion(
  checked: CheckedDocument,
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: ConfigurationPath,
  found: unknown,
): DescribedIssue[] {
  if (issue.errors.length === 0) return [describeUnknownValue(path, found, discriminatorValues(issue))]
  const meant = issue.errors.filter((issues) => !issues.some(isWrongRoot))
  if (meant.length === 0) {
    const expected = issue.errors.flatMap((issues) => issues.filter(isWrongRoot).map((root) => root.expected))
    return [describeWrongType(path, found, [...new Set(expected.map(nameType))].join(' or '))]
  }
  const branches = meant.map((issues) => describeIssues(checked, issues, path))
  return [...branches.reduce((best, branch) => (branch.length < best.length ? branch : best))]
}

function isWrongRoot(issue: Issue): issue is Extract<Issue, { code: 'invalid_type' }> {
  return issue.code === 'invalid_type' && issue.path.length === 0
}

function discriminatorValues(issue: Issue): readonly string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
}

function describeSize(
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  path: ConfigurationPath,
): string {
  const small = issue.code === 'too_small'
  const limit = small ? issue.minimum : issue.maximum
  const unit = { string: 'characters', array: 'elements', object: 'keys' }[issue.origin as string]
  if (small && limit === 1 && unit !== undefined) return `${nameOf(path)} is empty`
  return `${nameOf(path)}: expected at ${small ? 'least' : 'most'} ${limit}${unit === undefined ? '' : ` ${unit}`}`
}

function explainFormat(issues: readonly Issue[]): string {
  const issue = issues[0]
  if (issue?.code !== 'invalid_format') return issue?.message ?? 'another form'
  // zod's own words for a pattern are of no use to people; a schema that gives better ones is believed.
  if (!issue.message.startsWith('Invalid ')) return issue.message
  return issue.format === 'url' ? 'an http or https URL' : `the form ${String(issue.pattern ?? issue.format)}`
}

function nameType(type: string): string {
  const names: Record<string, string> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
  }
  return names[type] ?? type
}

/** Names the type and not the value: the value could be a secret in the wrong place. */
function nameFound(found: unknown): string {
  if (found === null) return 'nothing'
  if (Array.isArray(found)) return 'a list'
  if (typeof found === 'object') return 'a mapping'
  if (typeof found === 'boolean') return `${found}`
  return typeof found === 'string' ? 'text' : `the number ${String(found)}`
}

function value(
  path: ConfigurationPath,
  code: Finding['code'],
  sentence: string,
  at: Finding['at'] = 'value',
): Finding {
  return { path, at, code, message: /[.?!]$/.test(sentence) ? sentence : `${sentence}.` }
}

/** The last key of a path is enough in a sentence: the fault itself carries the whole path. */
function nameOf(path: ConfigurationPath): string {
  const last = path.at(-1)
  if (last === undefined) return 'The document'
  if (typeof last === 'number') return `${String(path.at(-2) ?? 'The list')}[${last}]`
  return last
}

function pathOf(issue: Issue): ConfigurationPath {
  return issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment))
}

function keyOf(path: ConfigurationPath): string {
  return JSON.stringify(path)
}
