import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LogLosses, openLog } from '../../../bin/log.ts'
import { logFields } from '../../../bin/log-fields.ts'
import { MusterError } from '../../../domain/error.ts'

const run = '01890000-0000-7000-8000-000000000001'

function openMemoryLog() {
  const lines: string[] = []
  const losses: LogLosses = { fields: 0 }
  const stream = { write: (line: string) => lines.push(line) }
  const log = openLog({ level: 'info', component: 'test', stream, losses })
  return { log, lines, losses, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> }
}

describe('the log', () => {
  test('writes one JSON line with level, time, component and the fields that it knows', () => {
    const { log, last, losses } = openMemoryLog()
    log.info({ source: 'corp', count: 7 }, 'A source was read.')
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      component: 'test',
      source: 'corp',
      count: 7,
      msg: 'A source was read.',
    })
    expect(losses.fields).toBe(0)
  })

  test('drops and counts every field that is not on its list, and what has not the form of the field', () => {
    const { log, lines, losses } = openMemoryLog()
    log.info({ userName: 'anna', mailbox: 'anna@example.com', source: { mailbox: 'anna@example.com' } }, 'x')
    log.info(
      { source: 'anna@example.com', run: '+4915112345678', code: '493021', route: '/v1/x?who=anna' },
      'x',
    )
    expect(losses.fields).toBe(7)
    const child = log.child({ mailbox: 'anna@example.com', run })
    child.setBindings({ login: 'anna' })
    child.child({ name: 'anna' }, { msgPrefix: 'anna', serializers: { run: () => 'anna' } }).info('y')
    expect(lines.join('')).not.toMatch(/anna|\+49|493021/)
    expect(lines.at(-1)).toContain(`"run":"${run}"`)
    expect(losses.fields).toBe(10)
  })

  test('puts nothing into its sentences', () => {
    const { log, lines } = openMemoryLog()
    log.info('Sent to %s', 'anna@example.com')
    log.info({ count: 1 }, 'Sent to %s', 'anna@example.com')
    log.info(493021 as unknown as string)
    expect(lines.join('')).not.toMatch(/anna|493021/)
  })

  test('says of a foreign fault its code and place, never its words', () => {
    const { log, lines, last } = openMemoryLog()
    const fault = Object.assign(new Error('Key (address)=(anna@example.com) already exists'), {
      code: '23505',
      severity: 'ERROR',
      constraint: 'enrollments_address',
    })
    log.error(fault)
    log.error({ err: fault })
    log.error({ err: new MusterError('internal', 'It failed.', { cause: fault }) }, 'A run failed.')
    expect(lines.join('')).not.toContain('anna')
    expect(last()).toMatchObject({
      msg: 'A run failed.',
      err: {
        code: 'internal',
        message: 'It failed.',
        cause: { code: '23505', constraint: 'enrollments_address', message: null },
      },
    })
    expect((last()['err'] as { stack: string[] }).stack[0]).toMatch(/^at .*log\.test\.ts:\d+:\d+/)
  })

  test('keeps the words of the operating system and of a lost connection, which operators need', () => {
    const { log, last } = openMemoryLog()
    log.warn({
      err: Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), {
        code: 'ECONNREFUSED',
        syscall: 'connect',
      }),
    })
    expect(last()).toMatchObject({ err: { message: 'connect ECONNREFUSED 127.0.0.1:5432' } })
    log.warn({
      err: Object.assign(new Error('the database system is shutting down'), {
        code: '57P03',
        severity: 'FATAL',
      }),
    })
    expect(last()).toMatchObject({ err: { message: 'the database system is shutting down' } })
  })

  test('shows no address and no code, whatever objects and faults are handed to it', () => {
    const personal = fc.constantFrom(
      'anna.b@example.com',
      '+4915112345678',
      '493021',
      '49302156',
      'Anna Bauer',
    )
    const secretPart = fc.oneof(
      personal,
      personal.map((one) => `at ${one}`),
      personal.map((one) => `x\n  at ${one} (/a.js:1:2)`),
    )
    const fault = fc
      .record({
        message: secretPart,
        code: secretPart,
        name: secretPart,
        table: secretPart,
        constraint: secretPart,
      })
      .map(({ message, ...rest }) => Object.assign(new Error(message), rest))
    const names = fc.oneof(
      fc.constantFrom(...Object.keys(logFields), 'component', 'msg', 'level', 'req'),
      personal,
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        secretPart,
        fault,
        fc.dictionary(names, tie('any')),
        fc.array(tie('any')),
      ),
    })).any
    fc.assert(
      fc.property(fc.dictionary(names, value), fault, secretPart, (fields, err, word) => {
        const { log, lines } = openMemoryLog()
        log.info(fields, 'Something happened.')
        log.warn(fields)
        log.error({ ...fields, err: new MusterError('internal', 'It failed.', { cause: err }) }, 'Failed.')
        log.error(err)
        log.child(fields).info({ ...fields }, 'A child speaks.', word)
        expect(lines).toHaveLength(5)
        expect(lines.join('')).not.toMatch(/anna|Bauer|4915112345678|493021/)
      }),
      { numRuns: 300 },
    )
  })

  test('has the fields that docs/operations.md lists', () => {
    const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
    const rows = Object.entries(logFields).map(
      ([name, { type, meaning }]) => `| \`${name}\` | ${type} | ${meaning} |`,
    )
    const listed = text.split('\n').filter((line) => rows.includes(line))
    expect(listed).toEqual(rows)
  })
})
