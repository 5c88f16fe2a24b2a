/** RFC 5321 section 4.1.2: a dot-string of RFC 5322 atom text. */
const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i

/**
 * Whether the text is one bare mailbox in ASCII and nothing else. Mail libraries parse recipients as lists, with
 * names, comments, groups and quotes; only what passes here is shown to them, so that no text of a source can
 * redirect a code (RFC 5321 sections 4.1.2 and 4.5.3.1).
 */
export function isMailbox(text: string): boolean {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, Math.max(at, 0))
  const labels = text.slice(at + 1).split('.')
  return (
    text.length <= 254 &&
    local.length <= 64 &&
    localPart.test(local) &&
    labels.length >= 2 &&
    labels.every((part) => label.test(part)) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
  )
}

/** Whether the text is one number in E.164: a plus sign and 7 to 15 digits. */
export function isNumber(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text)
}
