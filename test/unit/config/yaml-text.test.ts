import { describe, expect, it } from 'vitest'
import { parseYamlText } from '../../../config/yaml-text.ts'

const faultsOf = (text: string) =>
  parseYamlText(text).faults.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`)

describe('the text of a configuration', () => {
  it('knows where keys, values and list elements stand', () => {
    const text = parseYamlText('a:\n  b: one\n  c:\n    - x\n    - y: 2\n')
    expect(text.value).toEqual({ a: { b: 'one', c: ['x', { y: 2 }] } })
    expect(text.locate(['a', 'b'], 'key')).toEqual({ line: 2, column: 3 })
    expect(text.locate(['a', 'b'], 'value')).toEqual({ line: 2, column: 6 })
    expect(text.locate(['a', 'c', 1, 'y'], 'value')).toEqual({ line: 5, column: 10 })
  })

  it('places what is missing at the nearest ancestor that is there', () => {
    const text = parseYamlText('a:\n  b: one\n')
    expect(text.locate(['a', 'zz', 'deeper'], 'key')).toEqual({ line: 1, column: 1 })
    expect(text.locate(['nowhere'], 'key')).toEqual({ line: 1, column: 1 })
  })

  it('places a mapping at its key, not at its first line', () => {
    expect(parseYamlText('x: 1\na:\n  b: 2\n').locate(['a'], 'value')).toEqual({ line: 2, column: 1 })
  })

  it('finds places behind an alias', () => {
    const text = parseYamlText('base: &b\n  k: 1\nuse: *b\n')
    expect(text.locate(['use', 'k'], 'value')).toEqual({ line: 2, column: 6 })
  })

  it('reports a tab with what to do about it', () => {
    expect(faultsOf('a:\n\tb: 1\n')[0]).toBe(
      '2:1 syntax A tab indents this line: YAML is indented with spaces only.',
    )
  })

  it('reports every key that is given twice, with the line of the first', () => {
    expect(faultsOf('a: 1\nb: { c: 1, c: 2 }\na: 2\n')).toEqual([
      '3:1 duplicate-key The key "a" is given twice: the first is in line 1.',
      '2:12 duplicate-key The key "c" is given twice: the first is in line 2.',
    ])
  })

  it('reports text that is not YAML where it stops being so', () => {
    const [fault] = faultsOf('a: 1\nb: [1, 2\n')
    expect(fault).toMatch(/^3:1 syntax This is not YAML: .*\.$/)
  })

  it('reports a second document and an unknown tag', () => {
    expect(faultsOf('a: 1\n---\nb: 2\n')[0]).toMatch(/syntax This is not YAML: .*multiple documents/)
    expect(faultsOf('a: !secret x\n')[0]).toMatch(/^1:4 syntax This is not YAML: .*!secret/)
  })

  it('reports an alias without an anchor, and one that points at what contains it', () => {
    expect(faultsOf('a: *x\n')).toEqual(['1:4 syntax The alias *x points at no anchor.'])
    expect(faultsOf('a: &x [*x]\n')).toEqual(['1:8 syntax The alias *x points at what contains it.'])
  })

  it('refuses a document that aliases blow up', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${'*l'.concat(`${i}, `).repeat(9)}]`,
    )
    expect(faultsOf(['l0: &l0 [x]', ...levels].join('\n'))).toEqual([
      '1:1 too-large The document repeats itself too often by aliases.',
    ])
  })

  it('refuses a document that is nested beyond the stack', () => {
    expect(faultsOf('['.repeat(100_000))).toEqual(['1:1 too-large The document is nested too deeply.'])
  })
})
