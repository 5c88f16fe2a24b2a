/** `npm run bench -- NAME` runs bench/NAME.ts. Benches print what they measure, with what they compare it to. */
import { readdir } from 'node:fs/promises'

const name = process.argv[2]
const names = (await readdir(new URL('.', import.meta.url)))
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length))
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME, where NAME is one of ${names.join(', ')}`)
  process.exitCode = 2
} else {
  await import(new URL(`${name}.ts`, import.meta.url).href)
}
