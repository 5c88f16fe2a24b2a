import { dirname } from 'node:path'
import { buildConfiguration, type Configuration } from './configuration.ts'
import { checkAcrossParts } from './cross-checks.ts'
import { type Environment, readOverrides } from './environment.ts'
import { type ConfigurationFault, type Finding, formatPath } from './fault.ts'
import { resolveMarkedValues } from './marked-values.ts'
import { copyTree, deletePath, setPath } from './plain-tree.ts'
import { configurationJsonSchema, type Settings, settingsSchema } from './schema.ts'
import { describeIssues } from './schema-findings.ts'
import { parseYamlText, type YamlText } from './yaml-text.ts'

export interface LoadOptions {
  readonly file: string
  readonly env: Environment
  /** False for a check on a machine that does not have them. Default: true. */
  readonly readSecretFiles?: boolean
}

export type LoadedConfiguration =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly faults: readonly ConfigurationFault[] }

/** Reads the text of a configuration file; `file` names it in faults and is what paths are relative to. */
export async function readConfiguration(options: LoadOptions, text: string): Promise<LoadedConfiguration> {
  const { file, env } = options
  const yaml = parseYamlText(text)
  const textFaults = yaml.faults.map((fault) => ({ file, path: '', ...fault }))
  if (yaml.value === undefined) return { ok: false, faults: textFaults }

  // An empty file is a document without any key.
  const document = yaml.value === null ? {} : copyTree(yaml.value)
  const overrides = readOverrides(env)
  for (const { path, value } of overrides) setPath(document, path, value)

  const schema = configurationJsonSchema()
  const secretFindings = await resolveMarkedValues(schema, document, {
    folder: dirname(file),
    environment: env,
    readSecretFiles: options.readSecretFiles ?? true,
  })
  const checked = checkSettings(document)
  const findings = [...unite(checkAcrossParts(document), checked.findings), ...secretFindings]
  const variables = new Map(overrides.map(({ path, variable }) => [formatPath(path), variable]))
  const faults = [...textFaults, ...findings.map((finding) => place(finding, file, yaml, variables))]
  if (checked.settings === null || faults.length > 0) return { ok: false, faults: sortFaults(faults) }
  return { ok: true, configuration: buildConfiguration(file, checked.settings) }
}

/** The schema's verdict. Checks that look at several keys wait for a document without unknown ones, so they get one. */
function checkSettings(document: unknown): { settings: Settings | null; findings: readonly Finding[] } {
  const checked = { schema: configurationJsonSchema(), document }
  const parsed = settingsSchema.safeParse(document)
  if (parsed.success) return { settings: parsed.data, findings: [] }
  const findings = describeIssues(checked, parsed.error.issues)
  const unknown = findings.filter(({ code }) => code === 'unknown-key')
  const cleaned = copyTree(document)
  for (const { path } of unknown) deletePath(cleaned, path)
  const again = unknown.length === 0 ? parsed : settingsSchema.safeParse(cleaned)
  const more = again.success ? [] : describeIssues(checked, again.error.issues)
  const custom = more.filter(({ code }) => code === 'invalid')
  return { settings: null, findings: unite(findings, custom) }
}

/** One sentence for one place: the first list knows better. */
function unite(findings: readonly Finding[], more: readonly Finding[]): readonly Finding[] {
  const known = new Set(findings.map(({ path }) => JSON.stringify(path)))
  return [...findings, ...more.filter(({ path }) => !known.has(JSON.stringify(path)))]
}

function place(
  finding: Finding,
  file: string,
  yaml: YamlText,
  variables: ReadonlyMap<string, string>,
): ConfigurationFault {
  const { code, message } = finding
  const path = formatPath(finding.path)
  const variable = variables.get(path)
  if (variable !== undefined)
    return { file: `environment variable ${variable}`, line: null, column: null, path, code, message }
  return { file, ...yaml.locate(finding.path, finding.at), path, code, message }
}

function sortFaults(faults: readonly ConfigurationFault[]): readonly ConfigurationFault[] {
  return faults.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || compare(a.path, b.path),
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
