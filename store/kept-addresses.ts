import type { Address } from '../domain/address.ts'

/** How identities keep their addresses: what most of them do not have is not written. */
export type KeptAddress = Pick<Address, 'value' | 'factor' | 'source' | 'attribute'> & {
  [Name in keyof Address]?: Address[Name] | undefined
}

export function keepAddresses(addresses: readonly Address[]): readonly KeptAddress[] {
  // Not by `map`: JSON of the lists that it makes takes longer, and this is made of everybody.
  const kept: KeptAddress[] = []
  for (const address of addresses) kept.push(keepAddress(address))
  return kept
}

function keepAddress(address: Address): KeptAddress {
  return {
    // Folded to itself, as most are.
    key: address.key === address.value ? undefined : address.key,
    type: address.type ?? undefined,
    trust: address.trust === 'asserted' ? undefined : address.trust,
    value: address.value,
    factor: address.factor,
    source: address.source,
    country: address.country ?? undefined,
    primary: address.primary || undefined,
    lineType: address.lineType ?? undefined,
    unusable: address.unusable ?? undefined,
    attribute: address.attribute,
  }
}

/** Addresses as they were before they were kept; also those that were kept whole, as once all were. */
export function readAddresses(kept: readonly KeptAddress[]): readonly Address[] {
  return kept.map((one) => ({
    factor: one.factor,
    attribute: one.attribute,
    value: one.value,
    key: one.key === undefined ? one.value : one.key,
    type: one.type ?? null,
    primary: one.primary ?? false,
    country: one.country ?? null,
    lineType: one.lineType ?? null,
    source: one.source,
    trust: one.trust ?? 'asserted',
    unusable: one.unusable ?? null,
  }))
}
