const placeholder = /\{([a-z]+)\}/gi

/** The text with each `{name}` replaced once: what a value brings is never looked at again. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(placeholder, (whole, name: string) => values[name] ?? whole)
}

/** The names that a text asks for. */
export function placeholdersOf(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].map(([, name]) => name ?? '')
}
