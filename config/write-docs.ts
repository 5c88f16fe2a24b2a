import { writeFile } from 'node:fs/promises'
import { renderConfigurationDocs } from './render-docs.ts'

await writeFile(new URL('../docs/configuration.md', import.meta.url), renderConfigurationDocs())
