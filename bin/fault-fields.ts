import { MusterError } from '../domain/error.ts'

/** What a log line says of a fault. */
export interface FaultFields {
  readonly name: string
  readonly code: string | null
  readonly message: string | null
  readonly detail?: string
  readonly retryable?: boolean
  /** PostgreSQL's: which table or constraint refused. */
  readonly table?: string
  readonly constraint?: string
  /** Where it came from: the frames, without the message on top of them. */
  readonly stack: readonly string[]
  readonly cause?: FaultFields
}

/**
 * Describes a fault without what it may quote. Our own messages are written to be read, and those of the operating
 * system name hosts and files; PostgreSQL's and others' may quote a row, so of them only the code and place remain.
 */
export function describeFault(fault: unknown, depth = 0): FaultFields {
  if (!(fault instanceof Error)) return { name: typeof fault, code: null, message: null, stack: [] }
  return {
    name: nameOf(fault.name) ?? 'Error',
    code: nameOf(textOf(fault, 'code')) ?? null,
    message: mayBeRead(fault) ? fault.message : null,
    ...(fault instanceof MusterError && fault.detail !== null && { detail: fault.detail }),
    ...(fault instanceof MusterError && { retryable: fault.retryable }),
    ...describePlace(fault),
    stack: listFrames(fault),
    ...(fault.cause !== undefined && depth < maxDepth && { cause: describeFault(fault.cause, depth + 1) }),
  }
}

const maxDepth = 5
const maxFrames = 12

/** SQLSTATE classes whose messages quote no row: connection, state, login, rollback, names, resources, intervention, system. */
const harmlessStates = /^(08|25|28|3D|40|42|53|57|58)/

function mayBeRead(fault: Error): boolean {
  if (fault instanceof MusterError) return true
  if (textOf(fault, 'syscall') !== undefined) return true
  return textOf(fault, 'severity') !== undefined && harmlessStates.test(textOf(fault, 'code') ?? '')
}

function describePlace(fault: Error): { table?: string; constraint?: string } {
  const table = nameOf(textOf(fault, 'table'))
  const constraint = nameOf(textOf(fault, 'constraint'))
  return { ...(table !== undefined && { table }), ...(constraint !== undefined && { constraint }) }
}

function listFrames(fault: Error): readonly string[] {
  const { stack = '', message } = fault
  // Name and message stand above the frames, and a line of either may look like one.
  const top = stack.lastIndexOf(`${message}\n    at `)
  const from = top < 0 ? 0 : top + message.length
  const lines = stack.slice(from).split('\n')
  return lines
    .map((line) => line.trim())
    .filter((line) => frame.test(line))
    .slice(0, maxFrames)
}

const frame = /^at (?:[\w$.<> [\]#]{1,120} )?\(?(?:file:\/\/|node:|\/|[A-Z]:\\)[^\s@+]{1,300}:\d+:\d+\)?$/

/** Codes and names are words, SQLSTATEs five characters; anything else may quote a value. */
function nameOf(text: string | undefined): string | undefined {
  return text !== undefined && /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,63}|[0-9A-Z]{5})$/.test(text) ? text : undefined
}

function textOf(fault: Error, name: string): string | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(fault, name)?.value
  return typeof value === 'string' ? value : undefined
}
