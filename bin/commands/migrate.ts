import type { Command } from 'commander'
import { migrate } from '../../store/database.ts'
import type { CliContext } from '../context.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { withStore } from '../with-store.ts'

/** `muster migrate` */
export function registerMigrate(program: Command, context: CliContext): void {
  program
    .command('migrate')
    .description('brings the database schema up to date; safe to start twice at once')
    .option('--roles', 'also make the roles muster_run and muster_read, to grant to accounts')
    .action(({ roles = false }: { readonly roles?: boolean }) =>
      withStore(context, async ({ database }) => {
        const applied = await migrate(database, { roles })
        if (context.globals.json) return writeJson(context.io.out, { applied })
        return writeLines(
          context.io.out,
          applied.length === 0 ? ['The schema is up to date.'] : applied.map((name) => `Applied ${name}.`),
        )
      }),
    )
}
