import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { writeJson } from '../output/write.ts'

/** `muster config schema` */
export function registerConfig(program: Command, context: CliContext): void {
  program
    .command('config')
    .description('the configuration file')
    .command('schema')
    .description('JSON Schema of muster.yaml, for editors')
    .action(async () => {
      const { configurationJsonSchema } = await import('../../config/schema.ts')
      await writeJson(context.io.out, configurationJsonSchema())
    })
}
