import { describe, expect, it } from 'vitest'
import { openCalendar } from '../../../policies/calendar.ts'
import { FactAnswers } from '../../../policies/decide/fact-answers.ts'
import type { Leaf } from '../../../policies/decide/leaf-collection.ts'
import { createMoment } from '../../../policies/moment.ts'
import { findOperator } from '../../../policies/operators/operator-table.ts'

const moment = createMoment(new Date('2026-11-25T10:00:00Z'), openCalendar('UTC'))

function leaf(operator: string, value: unknown): Leaf {
  const found = findOperator(operator)
  if (typeof found === 'string') throw new Error(found)
  return {
    comparison: { fact: 'title', operator, value },
    operator: found.operator,
    fact: 0,
    against: { value },
  }
}

describe('answers remembered by the value of a fact', () => {
  it('are those of each comparison alone, the first time and again', () => {
    const answers = new FactAnswers([4, 7], [leaf('equal', 'Lead'), leaf('startsWith', 'L')])
    expect(answers.leaves).toEqual([4, 7])
    for (let time = 0; time < 2; time += 1) {
      expect(answers.of('Lead', moment)).toEqual([true, true])
      expect(answers.of('Lawyer', moment)).toEqual([false, true])
    }
  })

  it('are given up for good where every value is another one, so that memory stays flat', () => {
    const answers = new FactAnswers([0, 1], [leaf('equal', 'n300'), leaf('equal', 'n1')])
    const seen = Array.from({ length: 1000 }, (_, n) => answers.of(`n${n}`, moment))
    expect(seen[1]).toEqual([false, true])
    expect(seen.indexOf(null)).toBe(256)
    expect(seen.slice(256).every((one) => one === null)).toBe(true)
  })
})
