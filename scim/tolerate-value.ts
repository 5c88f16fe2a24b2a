import type { ScimAttribute } from './scim-schema.ts'

/** Makes of one value what the strict engine takes, or leaves it alone. Null: unassigned. */
type Step = (value: unknown, attribute: ScimAttribute) => unknown

/**
 * What a tolerant connection forgives in one value, by the attribute's type and in this order. Who sends it stands at
 * each step.
 */
const steps: Readonly<Record<ScimAttribute['type'], readonly Step[]>> = {
  string: [blankIsUnassigned, writeAsText],
  reference: [blankIsUnassigned, writeAsText],
  binary: [blankIsUnassigned],
  boolean: [blankIsUnassigned, readBoolean],
  decimal: [blankIsUnassigned, readNumber],
  integer: [blankIsUnassigned, readNumber],
  dateTime: [blankIsUnassigned],
  complex: [blankIsUnassigned, wrapText],
}

/** One value (of a list: one element) as the strict engine wants it. */
export function tolerateValue(attribute: ScimAttribute, value: unknown): unknown {
  let tolerated = value
  for (const step of steps[attribute.type]) tolerated = step(tolerated, attribute)
  return tolerated
}

/** Entra ID clears a manager with "", and many a form sends blanks for what was not filled in. */
function blankIsUnassigned(value: unknown): unknown {
  return typeof value === 'string' && value.trim() === '' ? null : value
}

/** HR scripts send employee numbers as numbers. */
function writeAsText(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
}

/** Entra ID sends "True" and "False" for `active`, and "true" for `primary`. */
function readBoolean(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const text = value.trim().toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : value
}

function readNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[+-]?\d{1,18}(\.\d{1,18})?\s*$/.test(value) ? Number(value) : value
}

/** Entra ID sends the manager as a bare id; scripts send `emails: ["…"]` and `name: "…"`. */
function wrapText(value: unknown, { subAttributes }: ScimAttribute): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value
  const main = subAttributes?.find(({ name }) => name === 'value' || name === 'formatted')
  return main === undefined ? value : { [main.name]: value }
}
