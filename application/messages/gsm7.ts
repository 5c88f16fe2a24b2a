/** The default alphabet of GSM 7 bit (3GPP TS 23.038 section 6.2.1), without its escape. */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** The extension table (section 6.2.1.1): each of these takes an escape and itself. */
const extension = new Set('^{}\\[~]|€')

/** Septets in one message that is not split. */
export const segmentLength = 160

/** How many septets a text takes, or null where it has a character that GSM 7 bit does not. */
export function countSeptets(text: string): number | null {
  let count = 0
  for (const character of text) {
    if (basic.has(character)) count += 1
    else if (extension.has(character)) count += 2
    else return null
  }
  return count
}

/** Letters that Unicode does not take apart into a base letter and its marks, and typographic signs. */
const replacements: Readonly<Record<string, string>> = {
  ...spread('‘’‚‛′`´', "'"),
  ...spread('“”„«»″', '"'),
  ...spread('–—−‐‑', '-'),
  ...spread('·•', '.'),
  '…': '...',
  œ: 'oe',
  Œ: 'OE',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
  ħ: 'h',
  ŋ: 'n',
}

function spread(characters: string, replacement: string): Record<string, string> {
  return Object.fromEntries([...characters].map((character) => [character, replacement]))
}

/**
 * The text in GSM 7 bit: accents that it lacks fall away, typographic signs become plain ones, and what has no
 * counterpart (another script, an emoji) is left out. Line breaks and other controls become spaces.
 */
export function toGsm7(text: string): string {
  let plain = ''
  for (const character of text.normalize('NFC')) plain += inGsm7(character)
  return plain.replace(/\s+/g, ' ').trim()
}

function inGsm7(character: string): string {
  if (/[\p{C}\p{Z}]/u.test(character)) return /\p{Cf}/u.test(character) ? '' : ' '
  if (countSeptets(character) !== null) return character
  const bare = character.normalize('NFKD').replace(/\p{M}/gu, '')
  const replaced = [...bare].map((part) => replacements[part] ?? part).join('')
  return [...replaced].filter((part) => countSeptets(part) !== null).join('')
}
