// Run by npm after an install. Builds where the compiler is installed; an install without development packages
// (`npm ci --omit=dev`) keeps what was built before.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

if (existsSync(new URL('../node_modules/typescript/package.json', import.meta.url))) {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
} else if (!existsSync(new URL('../dist/bin/muster.js', import.meta.url))) {
  process.stderr.write('Nothing is built and the compiler is not installed. Run "npm ci" once without --omit=dev.\n')
  process.exitCode = 1
}
