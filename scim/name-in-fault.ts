/**
 * The name of an attribute that was sent, fit for an answer. Clients put anything into keys, so only what looks like
 * the name of an attribute is repeated.
 */
export function nameInFault(name: string): string {
  return /^[A-Za-z$][A-Za-z0-9_$]{0,63}$/.test(name) || /^urn:[a-z0-9][A-Za-z0-9:._-]{0,150}$/i.test(name)
    ? name
    : '(its name is not repeated)'
}
