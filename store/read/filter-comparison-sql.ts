import type { FilterAttribute, FilterOperator } from '../../domain/filter.ts'
import { type Sql, sql } from './sql-fragment.ts'

type Comparison = Exclude<FilterOperator, 'ne'>

/** The comparison of one jsonb value with a literal, by the attribute's type: false for a value of another type. */
export function compareSql(
  operator: Comparison,
  actual: Sql,
  literal: string | number | boolean,
  attribute: FilterAttribute,
): Sql {
  const { type, caseExact } = attribute
  if (type === 'string') return compareTexts(operator, actual, String(literal), caseExact)
  // Parts of a number, a date or a boolean are asked for by no filter that was parsed.
  if (!isOrdering(operator)) return sql`false`
  if (type === 'date') return compareInstants(operator, actual, String(literal))
  if (type === 'boolean') return sql`coalesce(${actual} = ${String(literal)}::text::jsonb, false)`
  return sql`case when jsonb_typeof(${actual}) = 'number'
    then ${actual}::numeric ${symbols[operator]} ${String(literal)}::text::numeric else false end`
}

function compareTexts(operator: Comparison, actual: Sql, literal: string, caseExact: boolean): Sql {
  // The empty string is no value: nothing equals it, contains it or starts with it.
  if (literal === '') return sql`false`
  const text = textOf(actual, caseExact)
  return sql`coalesce(${compareFolded(operator, text, fold(sql`${literal}::text`, caseExact))}, false)`
}

function compareFolded(operator: Comparison, text: Sql, literal: Sql): Sql {
  switch (operator) {
    case 'co':
      return sql`strpos(${text}, ${literal}) > 0`
    case 'sw':
      return sql`starts_with(${text}, ${literal})`
    case 'ew':
      return sql`right(${text}, length(${literal})) = ${literal}`
    default:
      return sql`${text} ${symbols[operator]} ${literal}`
  }
}

/**
 * Lower case by Unicode whatever the database's own locale (embedded clusters have "C", whose lower() knows ASCII
 * only), then compared by code point.
 */
function fold(text: Sql, caseExact: boolean): Sql {
  return caseExact ? sql`((${text}) collate "C")` : sql`(lower((${text}) collate "und-x-icu") collate "C")`
}

/** The dates that count: those that PostgreSQL would read otherwise ("tomorrow") are none. */
const datePattern =
  '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:([0-5]\\d|60)([.]\\d{1,9})?([Zz]|[+-](0\\d|1[0-5]):[0-5]\\d))?$'

function compareInstants(operator: Ordering, actual: Sql, literal: string): Sql {
  return sql`coalesce(${instantOf(actual)} ${symbols[operator]} ${literal}::text::timestamptz, false)`
}

/**
 * The instant that a jsonb text writes, or null: a day without a time is its first moment in UTC, and parts of a
 * millisecond are cut off. The inner SELECT normalises the text, the CASE keeps 30 February and the year 0 from being
 * cast; an instant that its offset puts before the year 1 or after 9999 is none.
 */
export function instantOf(actual: Sql): Sql {
  return sql`(select case when pg_input_is_valid(instant, 'timestamptz') then case
      when instant::timestamptz between '0001-01-01T00:00:00Z' and '9999-12-31T23:59:59.999Z'
      then instant::timestamptz end end
    from (select regexp_replace(case when length(written) = 10 then written || 'T00:00:00Z' else written end,
        '([.]\\d{3})\\d+', '\\1') as instant
      from (select ${actual} #>> '{}' as written) texts where written ~ ${datePattern}::text) dates)`
}

/** The text that a jsonb string holds, folded unless case counts; null where it is none or empty. */
export function textOf(actual: Sql, caseExact: boolean): Sql {
  return fold(
    sql`case when jsonb_typeof(${actual}) = 'string' then nullif(${actual} #>> '{}', '') end`,
    caseExact,
  )
}

/** How SQL writes a comparison that every type knows. */
const symbols = {
  eq: { text: '=', bindings: [] },
  gt: { text: '>', bindings: [] },
  ge: { text: '>=', bindings: [] },
  lt: { text: '<', bindings: [] },
  le: { text: '<=', bindings: [] },
} as const satisfies Partial<Record<Comparison, Sql>>
type Ordering = keyof typeof symbols

function isOrdering(operator: Comparison): operator is Ordering {
  return operator in symbols
}
