import type { Filter } from '../../domain/filter.ts'
import { compileFilter } from '../../policies/filter/evaluate-filter.ts'
import { coerceValue, longestList } from '../coerce-value.ts'
import { distinctElements, isSameElement, saysNothing } from '../list-elements.ts'
import { ScimFault } from '../scim-fault.ts'
import type { ScimAttribute } from '../scim-schema.ts'
import { elementOfFilter } from './element-of-filter.ts'
import {
  coerceListed,
  equalTexts,
  isWhole,
  mergeParts,
  type Part,
  partOf,
  setPart,
  tidyPart,
  type Writing,
  writeAttribute,
} from './write-value.ts'

/** What is to be written into a list of objects. */
export interface ListWriting extends Writing {
  /** Which values are meant; null: all of them. */
  readonly filter: Filter | null
  /** Which part of each value is meant; null: the value itself. */
  readonly sub: ScimAttribute | null
}

/** A list of objects after an operation on it, on some of its values or on a part of them. Throws ScimFault 400. */
export function writeList(attribute: ScimAttribute, current: unknown, writing: ListWriting): unknown {
  const values = Array.isArray(current) ? current.map(partOf) : []
  const written =
    writing.filter === null && writing.sub === null
      ? writeWhole(attribute, values, writing)
      : writeSelected(attribute, values, writing)
  if (written === values) return current
  const distinct = distinctElements(written)
  if (distinct.length > longestList)
    throw new ScimFault(400, 'invalidValue', `${attribute.name} takes ${longestList} values at most`)
  return distinct.length === 0 ? undefined : distinct
}

type Values = readonly Part[]

function writeWhole(attribute: ScimAttribute, values: Values, writing: ListWriting): Values {
  const { op, value } = writing
  if (op === 'remove' && isWhole(value)) return []
  const sent = coerceListed(attribute, value, writing).map(partOf)
  if (op === 'replace') return sent
  if (op === 'add') return addValues(values, sent)
  return values.filter((each) => !sent.some((other) => isMeant(attribute, each, other)))
}

/** RFC 7644 section 3.5.2.1: a value that is there already is not added again; a new primary takes the place of the old. */
function addValues(values: Values, sent: Values): Values {
  let added: Values = values
  for (const value of sent) {
    const index = added.findIndex((other) => isSameElement(other, value))
    const at = index === -1 ? added.length : index
    added = movePrimary(
      [...added.slice(0, at), { ...added[at], ...value }, ...added.slice(at + 1)],
      at,
      value,
    )
  }
  return added
}

function movePrimary(values: Values, at: number, value: Part): Values {
  if (value['primary'] !== true) return values
  return values.map((each, index) =>
    index !== at && each['primary'] === true ? { ...each, primary: false } : each,
  )
}

/** Whether a value is the one that a removal names: by `value` and, where that is sent too, `type`; else by all that is sent. */
function isMeant(attribute: ScimAttribute, value: Part, named: Part): boolean {
  const keys = named['value'] === undefined ? Object.keys(named) : ['value', 'type']
  const subs = attribute.subAttributes ?? []
  return subs.every(
    (sub) =>
      !keys.includes(sub.name) ||
      named[sub.name] === undefined ||
      equalTexts(sub, value[sub.name], named[sub.name]),
  )
}

function writeSelected(attribute: ScimAttribute, values: Values, writing: ListWriting): Values {
  const { filter } = writing
  const isSelected = filter === null ? () => true : compileFilter(filter)
  const selected = new Set(values.flatMap((value, index) => (isSelected(value) ? [index] : [])))
  if (selected.size === 0) return createSelected(attribute, values, writing)
  const written = values.flatMap((value, index) => {
    if (!selected.has(index)) return [{ value, isSelected: false }]
    const next = writeElement(attribute, value, writing)
    return next === undefined ? [] : [{ value: next, isSelected: true }]
  })
  return yieldPrimary(written, writing.where)
}

/** Values that were written and are primary take the place of the one that was; two of them cannot. */
function yieldPrimary(
  written: readonly { readonly value: Part; readonly isSelected: boolean }[],
  where: string,
): Values {
  const winners = written.filter(({ value, isSelected }) => isSelected && value['primary'] === true)
  if (winners.length > 1) throw new ScimFault(400, 'invalidValue', `${where} would be primary more than once`)
  if (winners.length === 0) return written.map(({ value }) => value)
  return written.map(({ value, isSelected }) =>
    !isSelected && value['primary'] === true ? { ...value, primary: false } : value,
  )
}

/** One selected value after the operation; undefined: it is gone. */
function writeElement(attribute: ScimAttribute, before: Part, writing: ListWriting): Part | undefined {
  const { op, value, sub, strict, where } = writing
  if (sub === null) {
    if (op === 'remove') return undefined
    const sent = toPart(attribute, value, writing)
    // RFC 7644 section 3.5.2.3: with a value filter, the values that match are replaced.
    if (op === 'replace') return keepIfUsable(sent, strict)
    return sent === undefined ? before : mergeParts(attribute, before, sent, writing)
  }
  const next = writeAttribute(sub, before[sub.name], { op, value, strict, where })
  return keepIfUsable(tidyPart(before, setPart(before, sub.name, next)), strict)
}

/** What is left of a number without the number is nothing that anybody could use; a body would not keep it either. */
function keepIfUsable(value: Part | undefined, strict: boolean): Part | undefined {
  return value === undefined || (!strict && saysNothing(value)) ? undefined : value
}

/**
 * Nothing matches: strict connections are told so. To the others the filter says what the value is to be: Entra ID
 * creates a mail address by replacing `emails[type eq "work"].value`.
 */
function createSelected(attribute: ScimAttribute, values: Values, writing: ListWriting): Values {
  const { op, value, filter, sub, strict, where } = writing
  if (filter === null && op === 'remove') return values
  const created = filter === null ? {} : elementOfFilter(filter)
  if (op === 'remove' || strict || created === null) {
    throw new ScimFault(400, 'noTarget', `no value of ${where} is selected`)
  }
  const sent = sub === null ? toPart(attribute, value, writing) : { [sub.name]: value }
  if (sent === undefined) return values
  return addValues(values, coerceListed(attribute, [{ ...created, ...sent }], writing).map(partOf))
}

/** One value of a list made canonical; undefined: unassigned. A client may send it in a list. */
function toPart(attribute: ScimAttribute, value: unknown, writing: Writing): Part | undefined {
  const sent = Array.isArray(value) && value.length < 2 ? value[0] : value
  const part = coerceValue({ ...attribute, multiValued: false }, sent, writing, writing.where)
  return part === undefined ? undefined : partOf(part)
}
