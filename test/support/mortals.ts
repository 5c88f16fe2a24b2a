import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { BuiltProgram } from './built-program.ts'
import type { Order, Said } from './mortal-reconciler.ts'

/** A step of a run, and how long it took. */
export interface Lived {
  readonly step: string
  readonly milliseconds: number
}

/** Where a process dies: so many milliseconds into a step, counted from 0 over the run. */
export interface Death {
  readonly step: number
  readonly after: number
}

/** One process that reconciles, and what it says. */
class Mortal {
  readonly #child: ChildProcess
  readonly #said: AsyncIterator<string>

  constructor(program: BuiltProgram) {
    this.#child = program.start()
    // An order to somebody who has just died; that they did is heard at the other end.
    this.#child.stdin?.on('error', () => undefined)
    const { stdout } = this.#child
    if (stdout === null) throw new Error('The process has no output.')
    this.#said = createInterface({ input: stdout })[Symbol.asyncIterator]()
  }

  /** What it says next; null when it is dead. */
  async hear(): Promise<Said | null> {
    const { done, value } = await this.#said.next()
    return done === true ? null : JSON.parse(value)
  }

  order(order: Order): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.kill()
    await ended
  }
}

/**
 * Reconciles in processes that die by `kill -9`. Each death is survived by the next process, which is told what came
 * of the steps before, and does the step again that was under way. One stands by already, so that the start costs
 * little.
 */
export class Mortals {
  /** Steps that were under way at a death. */
  readonly deaths: string[] = []
  /** The steps of the last run. */
  lived: Lived[] = []
  readonly #program = new BuiltProgram('mortal-reconciler.ts')
  #standby: Mortal | null = null
  #live: Mortal | null = null

  /**
   * Carries a run to its end. Each process that takes it up has its death drawn first, by how many steps are over;
   * null: it lives. Answers how the run ended.
   */
  async reconcile(
    order: Omit<Order, 'history'>,
    drawDeath: (over: number) => Death | null = () => null,
  ): Promise<string> {
    const history: unknown[] = []
    this.lived = []
    for (;;) {
      const mortal = await this.#next()
      mortal.order({ ...order, history })
      const end = await this.#attend(mortal, history, drawDeath(history.length))
      if (end !== null) return end
      this.#live = null
    }
  }

  async close(): Promise<void> {
    await this.#standby?.end()
    await this.#live?.end()
    this.#program.remove()
  }

  async #next(): Promise<Mortal> {
    if (this.#live !== null) return this.#live
    const mortal = this.#standby ?? new Mortal(this.#program)
    this.#standby = new Mortal(this.#program)
    this.#live = mortal
    await mortal.hear()
    return mortal
  }

  /** Null: it died. */
  async #attend(mortal: Mortal, history: unknown[], death: Death | null): Promise<string | null> {
    let step = 'none'
    let begun = performance.now()
    let timer: NodeJS.Timeout | null = null
    let killed = false
    for (;;) {
      const said = await mortal.hear()
      if (said === null) {
        if (!killed) throw new Error(`The process ended by itself in the step ${step}.`)
        this.deaths.push(step)
        return null
      }
      if ('result' in said) {
        history.push(said.result)
        this.lived.push({ step, milliseconds: performance.now() - begun })
      } else if ('begun' in said) {
        step = said.begun
        begun = performance.now()
        if (history.length !== death?.step) continue
        timer = setTimeout(() => {
          killed = true
          mortal.kill()
        }, death.after)
      } else if ('over' in said) {
        if (timer !== null) clearTimeout(timer)
        if (killed) this.#live = null
        return said.over
      }
    }
  }
}
