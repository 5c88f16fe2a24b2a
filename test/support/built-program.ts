import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'

const build = new URL('../../dist/', import.meta.url)
/** Within the project, so that packages are found from there. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/muster-test/', import.meta.url))

/**
 * A program of the tests that works with built code, so that it can be started again and again: a loader of TypeScript
 * would take longer than all that it loads. The program gets the URL of the build as its first argument.
 */
export class BuiltProgram {
  readonly #file: string

  /** `name`: a file of this folder. */
  constructor(name: string) {
    if (!existsSync(build)) throw new Error('Nothing is built: npm run build')
    const source = readFileSync(new URL(name, import.meta.url), 'utf8')
    const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 }
    mkdirSync(cache, { recursive: true })
    this.#file = join(cache, `${name}-${process.pid}.mjs`)
    writeFileSync(this.#file, transpileModule(source, { compilerOptions }).outputText)
  }

  /** Starts it; what it says on standard error goes to the tester's. */
  start(...words: readonly string[]): ChildProcess {
    return spawn(process.execPath, [this.#file, build.href, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  }

  remove(): void {
    rmSync(this.#file, { force: true })
  }
}
