import { expect, test } from 'vitest'
import { RecentTexts } from '../../../store/recent-texts.ts'

test('a text is made once while its object is among the newest, and is always that of its object', () => {
  const made: number[] = []
  const texts = new RecentTexts<{ readonly n: number }>(({ n }) => {
    made.push(n)
    return `text ${n}`
  })
  const subjects = Array.from({ length: 40 }, (_, n) => ({ n }))
  for (const subject of subjects) {
    expect(texts.of(subject)).toBe(`text ${subject.n}`)
    expect(texts.of(subject)).toBe(`text ${subject.n}`)
  }
  expect(made).toEqual(subjects.map(({ n }) => n))
  const [oldest, newest] = [subjects.at(0), subjects.at(-1)]
  if (oldest === undefined || newest === undefined) throw new Error('no subjects')
  expect(texts.of(newest)).toBe('text 39')
  expect(texts.of(oldest)).toBe('text 0')
  expect(made.slice(40)).toEqual([0])
})
