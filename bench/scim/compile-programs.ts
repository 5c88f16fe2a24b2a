import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Compiles these programs of this folder, and all that they import, to JavaScript below `folder`, and answers where
 * their files are: what is measured runs as a release does. (tsx keeps the names of functions at run time, which costs
 * 5 to 10 %.) Types are for the check command.
 */
export function compilePrograms(folder: string, names: readonly string[]): string {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const outDir = join(folder, 'out')
  mkdirSync(outDir, { recursive: true })
  const project = join(folder, 'tsconfig.json')
  const compilerOptions = {
    outDir,
    rootDir: root,
    noCheck: true,
    typeRoots: [join(root, 'node_modules/@types')],
  }
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions,
      files: names.map((name) => join(root, `bench/scim/${name}.ts`)),
      include: [],
    }),
  )
  execFileSync(process.execPath, [
    createRequire(import.meta.url).resolve('typescript/bin/tsc'),
    '-p',
    project,
  ])
  // Packages are found from where the files are, and so is what kind of modules they are.
  symlinkSync(join(root, 'node_modules'), join(outDir, 'node_modules'))
  symlinkSync(join(root, 'package.json'), join(outDir, 'package.json'))
  return join(outDir, 'bench/scim')
}
