import { v7 as newId } from 'uuid'
import { type LoadedPolicySet, loadPolicySet } from '../../application/load-policy-set.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { Actor } from '../../domain/actor.ts'
import { MusterError } from '../../domain/error.ts'
import { digestPolicySet } from '../../policies/digest-policy-set.ts'
import type { PolicySetCheck } from '../../policies/load/check-policy-set.ts'
import { loadPolicyFolder } from '../../policies/load/load-policy-folder.ts'
import type { PolicySettings } from '../../policies/policy-settings.ts'
import type { Store } from '../../store/store.ts'

/** What of the configuration changes decisions. */
export function policySettingsOf(configuration: Configuration): PolicySettings {
  const { timeZone, attributes, groupsFrom } = configuration
  return { timeZone, customAttributes: attributes, groupsFrom: groupsFrom.length === 0 ? null : groupsFrom }
}

/** Reads and checks a folder of policies against the configuration: the set, or every fault at once. */
export function checkPolicyFolder(configuration: Configuration, folder: string): Promise<PolicySetCheck> {
  const sources = Object.keys(configuration.sources)
  return loadPolicyFolder(folder, { customAttributes: configuration.attributes, sources })
}

/** Checks a folder and puts it in force. Throws `policy-invalid`, with every fault a line. */
export async function putPolicyFolderInForce(
  configuration: Configuration,
  store: Store,
  folder: string,
  actor: Actor,
): Promise<LoadedPolicySet> {
  const checked = await checkPolicyFolder(configuration, folder)
  if (!checked.ok) {
    const lines = checked.faults.map(
      ({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`,
    )
    throw new MusterError('policy-invalid', `The policies cannot be put in force.\n${lines.join('\n')}`)
  }
  const { documents, conditions } = checked
  const settings = policySettingsOf(configuration)
  const set = { id: digestPolicySet(documents, conditions, settings), documents, conditions, settings }
  return loadPolicySet({ store, clock: () => new Date(), newId }, set, actor)
}
