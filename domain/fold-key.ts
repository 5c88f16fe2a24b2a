/** Two writings of one key are equal after this: NFKC, trimmed, lower case. Used for every key that is compared. */
export function foldKey(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase()
}
