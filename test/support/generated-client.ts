import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import openapiTypescript, { astToString, type OpenAPI3 } from 'openapi-typescript'
import ts from 'typescript'

/** A folder with the types of an API and programs that use them. */
export interface GeneratedClient {
  /** What the strictest compiler says of a program that imports `./api.ts`; nothing where all is well. */
  check(program: string): readonly string[]
  /** Compiles the program and imports it. */
  load(program: string): Promise<Readonly<Record<string, unknown>>>
  close(): void
}

/** Generates the types of an OpenAPI document, where programs find our packages. */
export async function generateClient(document: OpenAPI3): Promise<GeneratedClient> {
  const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
  const home = join(modules, '.muster-test')
  mkdirSync(home, { recursive: true })
  const folder = mkdtempSync(join(home, 'client-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  // What has a default may be left out of a request.
  const types = await openapiTypescript(document, { defaultNonNullable: false })
  writeFileSync(join(folder, 'api.ts'), astToString(types))
  const compile = (program: string) => {
    const file = join(folder, 'program.ts')
    writeFileSync(file, program)
    const compiled = ts.createProgram([file], options)
    const faults = ts.getPreEmitDiagnostics(compiled)
    return {
      compiled,
      faults: faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
    }
  }
  return {
    check: (program) => compile(program).faults,
    load: async (program) => {
      compile(program).compiled.emit()
      return (await import(pathToFileURL(join(folder, 'program.js')).href)) as Record<string, unknown>
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  rewriteRelativeImportExtensions: true,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  types: [],
  skipLibCheck: true,
}
