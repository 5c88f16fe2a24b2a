// Run by npm after an install. Builds where the compiler is installed; an install without development packages
// (`npm ci --omit=dev`) keeps what was built before. So does npx, which links the package into its cache once and
// runs this again: a build would take the files away from a stack that runs.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const isBuilt = existsSync(new URL('../dist/bin/muster.js', import.meta.url))
const canBuild = existsSync(new URL('../node_modules/typescript/package.json', import.meta.url))

if (process.env.npm_command === 'exec' && isBuilt) {
  // Nothing to do.
} else if (canBuild) {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
} else if (!isBuilt) {
  process.stderr.write(
    'Nothing is built and the compiler is not installed. Run "npm ci" once without --omit=dev.\n',
  )
  process.exitCode = 1
}
