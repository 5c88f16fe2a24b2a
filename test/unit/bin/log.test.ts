import { describe, expect, test } from 'vitest'
import { openLog } from '../../../bin/log.ts'
import { MusterError } from '../../../domain/error.ts'

function openMemoryLog() {
  const lines: string[] = []
  const log = openLog({ level: 'info', component: 'test', stream: { write: (line) => lines.push(line) } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> }
}

describe('the log', () => {
  test('writes one JSON line with level, time, component and the fields that it knows', () => {
    const { log, last } = openMemoryLog()
    log.info({ source: 'corp', entries: 7 }, 'A source was read.')
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      component: 'test',
      source: 'corp',
      entries: 7,
      msg: 'A source was read.',
    })
  })

  test('drops every field that is not on its list, and objects under those that are', () => {
    const { log, lines } = openMemoryLog()
    log.info({ userName: 'anna', mailbox: 'anna@example.com', source: { mailbox: 'anna@example.com' } }, 'x')
    log.child({ mailbox: 'anna@example.com', run: '1' }).info('y')
    expect(lines.join('')).not.toContain('anna')
    expect(lines.join('')).toContain('"run":"1"')
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
})
