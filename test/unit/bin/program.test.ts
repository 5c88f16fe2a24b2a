import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { registerAudit } from '../../../bin/commands/audit.ts'
import { registerConfig } from '../../../bin/commands/config.ts'
import { registerEnrollments } from '../../../bin/commands/enrollments.ts'
import { registerIdentities } from '../../../bin/commands/identities.ts'
import { registerPolicies } from '../../../bin/commands/policies.ts'
import { registerRights } from '../../../bin/commands/rights.ts'
import { registerRuns } from '../../../bin/commands/runs.ts'
import type { CliContext } from '../../../bin/context.ts'
import { MusterError } from '../../../domain/error.ts'
import { runCli } from '../../support/cli.ts'

const registers = [
  registerAudit,
  registerConfig,
  registerEnrollments,
  registerIdentities,
  registerPolicies,
  registerRights,
  registerRuns,
]
const muster = (...words: readonly string[]) => runCli(registers, { database: null }, ...words)

describe('what is typed wrongly', () => {
  test.each([
    [['rihgts'], 'Did you mean rights?'],
    [['runs', 'aprove', 'x'], 'approve'],
    [['runs', 'lst'], 'There is no command runs "lst". Did you mean list?'],
    [['runs', '--sorce', 'corp'], 'Did you mean --source?'],
    [['rights', 'grant', 'anna', 'otp-sm'], 'Did you mean otp-sms?'],
    [['rights', 'grant', 'anna', 'otp-sms', '--until', 'tomorow'], 'A time is RFC 3339'],
    [['rights', 'deny', 'anna', 'otp-sms', '--until', '7d'], 'unknown option'],
    [['rights', 'grant', 'anna'], "missing required argument 'factor'"],
    [['enrollments', '--status', 'lockd'], 'Did you mean locked?'],
    [['identities', '--limit', 'many'], 'whole number'],
    [['identities', 'link', 'anna', 'corp'], 'SOURCE:externalId'],
    [['identities', 'show', 'anna', 'bert'], 'nothing more after "anna"'],
    [['audit', '--since', 'lately'], 'A time is RFC 3339'],
    [['config'], 'schema'],
    [['policies', 'decide', '--who', 'a', '--input', 'b'], 'cannot be used with'],
  ])('%j is a usage fault that helps on', async (words, help) => {
    const { exitCode, out, err } = await muster(...words)
    expect(exitCode).toBe(2)
    expect(err).toContain(help)
    expect(out).toBe('')
  })

  test('leaves a JSON document that says so where JSON was asked for', async () => {
    const { exitCode, out } = await muster('runs', 'lst', '--json')
    expect(exitCode).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'usage' } })
  })
})

describe('help', () => {
  test('goes to standard output and names the options that every command takes', async () => {
    const { exitCode, out, err } = await muster('runs', 'list', '--help')
    expect(exitCode).toBe(0)
    expect(err).toBe('')
    for (const option of ['--source', '--config', '--data', '--json']) expect(out).toContain(option)
  })

  test('explains the exit codes', async () => {
    expect((await muster('--help')).out).toContain('3 held until a person approves')
  })
})

test('--version prints the version of the build', async () => {
  expect(await muster('--version')).toMatchObject({ exitCode: 0, out: '0.0.0-test\n' })
})

describe('the options of every command', () => {
  const seen: CliContext['globals'][] = []
  const registerProbe = (program: Command, context: CliContext) => {
    program.command('probe').action(() => {
      seen.push(context.globals)
    })
  }

  test.each([
    [['--json', '--config', 'a.yaml', 'probe', '--data', '/d']],
    [['probe', '--config', 'a.yaml', '--data', '/d', '--json']],
  ])('count wherever they stand: %j', async (words) => {
    await runCli([registerProbe], { database: null }, ...words)
    expect(seen.at(-1)).toEqual({ config: 'a.yaml', data: '/d', json: true })
  })
})

describe('a fault of a command', () => {
  const failWith = (fault: unknown) => (program: Command) => {
    program.command('fail').action(() => {
      throw fault
    })
  }
  const run = (fault: unknown, ...words: string[]) =>
    runCli([failWith(fault)], { database: null }, 'fail', ...words)

  test.each([
    [new MusterError('not-found', 'x'), 1],
    [new MusterError('configuration', 'x'), 2],
    [new MusterError('policy-invalid', 'x'), 2],
    [new MusterError('filter-invalid', 'x'), 2],
    [new MusterError('held', 'x'), 3],
    [new Error('x'), 1],
  ] as const)('%s ends with its exit code', async (fault, code) => {
    expect((await run(fault)).exitCode).toBe(code)
  })

  test('is one sentence on standard error, and with --json a document on standard output', async () => {
    const fault = new MusterError('not-found', 'There is no run 1.')
    expect(await run(fault)).toMatchObject({ out: '', err: 'error: There is no run 1.\n' })
    const { out } = await run(fault, '--json')
    expect(JSON.parse(out)).toEqual({ error: { code: 'not-found', message: 'There is no run 1.' } })
  })

  test('that is foreign keeps its words, which may quote a row, to itself', async () => {
    const fault = Object.assign(new Error('Key (address)=(anna@example.com)'), {
      code: '23505',
      severity: 'ERROR',
    })
    const { err } = await run(fault)
    expect(err).not.toContain('anna')
    expect(err).toContain('23505')
  })

  test('of a connection says that PostgreSQL does not answer', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    })
    const { out } = await run(refused, '--json')
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'database-unavailable' } })
  })

  test('cannot drive the terminal', async () => {
    const { err } = await run(new MusterError('not-found', 'no \u001b[2Jone'))
    expect(err).toBe('error: no \ufffd[2Jone\n')
  })
})

test('a reader that goes away ends the command without a fault', async () => {
  const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
  const registerGone = (program: Command) => {
    program.command('gone').action(() => {
      throw gone
    })
  }
  expect(await runCli([registerGone], { database: null }, 'gone')).toMatchObject({ exitCode: 0, err: '' })
})

test('without a stack or a production configuration a command says that nothing runs', async () => {
  expect(await muster('runs')).toMatchObject({ exitCode: 1, err: 'error: Nothing is running here.\n' })
})
