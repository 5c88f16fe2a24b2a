/** How a field's value must look; anything else is dropped. None of these forms can hold an address. */
interface FieldForm {
  readonly type: string
  readonly admits: (value: unknown) => boolean
}

const uuid = text('UUID', /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/)
/** Of our own code or of the configuration: never of a person. */
const word = text('word', /^[A-Za-z][A-Za-z0-9_.:#-]{0,79}$/)
/** Ours, the operating system's, or five characters of PostgreSQL: too short for a one-time code. */
const code = text('code', /^(?:[A-Za-z][A-Za-z0-9_-]{0,63}|[0-9A-Z]{5})$/)
const count: FieldForm = {
  type: 'number',
  admits: (value) => typeof value === 'number' && Number.isFinite(value),
}

/** A field that a line of the log may have. */
interface LogField extends FieldForm {
  readonly meaning: string
}

/**
 * Every field that a line may have beside `level`, `time`, `component` and `msg`. Whatever else is passed is dropped
 * and counted, so no address, name or number can reach the log by way of an object that happens to carry one: there
 * is no field for an address, masked or not. docs/operations.md shows this list, and a test compares the two.
 */
export const logFields = {
  err: {
    type: 'fault',
    meaning: 'a fault: name, code, a sentence where it is ours or harmless, frames of the stack, causes',
    admits: () => true,
  },
  reqId: { ...text('id', /^req-[0-9a-z]{1,12}$/), meaning: 'the request; `requestId` in the answer to it' },
  method: { ...text('word', /^[A-Z]{3,10}$/), meaning: 'method of a request' },
  route: {
    ...text('pattern', /^\/[A-Za-z0-9_/:*.{}$-]{0,120}$/),
    meaning: 'pattern of the path of a request, never the path itself',
  },
  status: {
    type: 'number or word',
    meaning: 'status of an answer, or how a run stands',
    admits: (value: unknown) => count.admits(value) || word.admits(value),
  },
  ms: { ...count, meaning: 'milliseconds that it took, or that are waited' },
  check: { ...word, meaning: 'the check of /readyz that failed' },
  source: { ...word, meaning: 'a source, as the configuration names it' },
  run: { ...uuid, meaning: 'a run; `muster runs show ID`' },
  delivery: { ...uuid, meaning: 'a delivery' },
  kind: { ...word, meaning: 'a kind of the thing, as the type of a channel' },
  phase: { ...word, meaning: 'the part of the process that speaks' },
  activity: { ...word, meaning: 'an activity of a workflow' },
  attempt: { ...count, meaning: 'which attempt it was' },
  taskQueue: { ...word, meaning: 'the queue of Temporal that is polled' },
  code: { ...code, meaning: 'code of a fault' },
  count: { ...count, meaning: 'how many' },
  address: {
    ...text('origin', /^https?:\/\/[A-Za-z0-9.[\]:-]{1,255}$/),
    meaning: 'where this process answers: scheme, host and port',
  },
  version: { ...text('version', /^\d+\.\d+\.\d+[A-Za-z0-9.+-]{0,40}$/), meaning: 'of this build' },
  trace: { ...text('id', /^[0-9a-f]{32}$/), meaning: 'the trace, where OpenTelemetry is on' },
} as const satisfies Readonly<Record<string, LogField>>

/** Whether a line may have this field with this value. A value that is not there is no field. */
export function admitsField(name: string, value: unknown): boolean {
  const field: LogField | undefined = Object.hasOwn(logFields, name)
    ? logFields[name as keyof typeof logFields]
    : undefined
  return field?.admits(value) ?? false
}

function text(type: string, pattern: RegExp): FieldForm {
  return { type, admits: (value) => typeof value === 'string' && pattern.test(value) }
}
