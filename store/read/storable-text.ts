/** PostgreSQL stores neither U+0000 nor half a surrogate pair, so nothing there compares with them. */
export function isStorable(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text)
}
