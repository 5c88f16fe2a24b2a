/**
 * Why a record is linked to nobody, in words. It is stored as `ambiguous:KEY`: the correlation key that led to more
 * than one identity.
 */
export function describeLinkFault(fault: string): string {
  const [kind, key] = fault.split(':', 2)
  return kind === 'ambiguous' && key !== undefined ? `${key} leads to more than one identity` : fault
}
