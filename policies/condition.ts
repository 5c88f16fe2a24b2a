import { z } from 'zod'

/** A condition as json-rules-engine has it, without its `path` and `params`. */
export type Condition = AllCondition | AnyCondition | NotCondition | NamedCondition | Comparison

interface Labelled {
  readonly name?: string | undefined
  readonly priority?: number | undefined
}
export interface AllCondition extends Labelled {
  readonly all: readonly Condition[]
}
export interface AnyCondition extends Labelled {
  readonly any: readonly Condition[]
}
export interface NotCondition extends Labelled {
  readonly not: Condition
}
/** Stands for the condition of this id in the conditions folder. */
export interface NamedCondition extends Labelled {
  readonly condition: string
}
export interface Comparison extends Labelled {
  readonly fact: string
  readonly operator: string
  /** JSON, or `{"fact": "name"}` to compare with another fact. */
  readonly value: unknown
}

/** The top of a policy's conditions: json-rules-engine takes no bare comparison there. */
export type RootCondition = Exclude<Condition, Comparison>

const labels = {
  name: z.string().optional().describe('For people.'),
  priority: z
    .int()
    .min(1)
    .optional()
    .describe('json-rules-engine evaluates higher ones first; the result is the same.'),
}

/** The keys that tell the five shapes of a condition apart, with the shape of each. */
export const conditionShapes = {
  all: z.strictObject({
    ...labels,
    get all() {
      return z.array(conditionSchema)
    },
  }),
  any: z.strictObject({
    ...labels,
    get any() {
      return z.array(conditionSchema).min(1)
    },
  }),
  not: z.strictObject({
    ...labels,
    get not() {
      return conditionSchema
    },
  }),
  condition: z.strictObject({ ...labels, condition: z.string().min(1) }),
  fact: z.strictObject({
    ...labels,
    fact: z
      .string()
      .min(1)
      .describe('What is looked at: a canonical attribute, custom.NAME, groups.SOURCE, …'),
    operator: z.string().min(1).describe('How it is compared: equal, in, someFact:endsWith, withinDays, …'),
    value: z.json().describe('What it is compared with, or {"fact": "…"}.'),
  }),
}

export const conditionSchema: z.ZodType<Condition> = z
  .lazy(() =>
    z.union([
      conditionShapes.all,
      conditionShapes.any,
      conditionShapes.not,
      conditionShapes.condition,
      conditionShapes.fact,
    ]),
  )
  .meta({ id: 'condition' })

export const rootConditionSchema: z.ZodType<RootCondition> = z.lazy(() =>
  z.union([conditionShapes.all, conditionShapes.any, conditionShapes.not, conditionShapes.condition]),
)
