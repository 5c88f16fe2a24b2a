/**
 * The one of `available` that a person's language preference means, by lookup (RFC 4647 section 3.4): each range in
 * its order of preference is shortened from its end until something is found. `preference` is a language tag or a
 * list as in Accept-Language, which is what SCIM's `preferredLanguage` holds (RFC 7643 section 4.1.1).
 */
export function lookUpLocale(
  preference: string | null,
  available: ReadonlySet<string>,
  fallback: string,
): string {
  const known = new Map([...available].map((tag) => [tag.toLowerCase(), tag]))
  for (const range of readRanges(preference ?? '')) {
    for (let tag: string | null = range; tag !== null; tag = shorten(tag)) {
      const found = known.get(tag)
      if (found !== undefined) return found
    }
  }
  return fallback
}

/** The ranges, most wanted first; equal weights keep their order. `*` says nothing and is left out. */
function readRanges(preference: string): readonly string[] {
  return preference
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.split(';').map((text) => text.trim())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))
      return {
        range: range.replaceAll('_', '-').toLowerCase(),
        quality: quality === undefined ? 1 : Number(quality.slice(2)),
      }
    })
    .filter(({ range, quality }) => /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/.test(range) && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ range }) => range)
}

/** Without its last subtag, and without a single-letter one that then stands last. */
function shorten(tag: string): string | null {
  const subtags = tag.split('-').slice(0, -1)
  if (subtags.at(-1)?.length === 1) subtags.pop()
  return subtags.length === 0 ? null : subtags.join('-')
}
