/** A value that the driver sends apart from the statement. */
export type Binding = string | readonly string[]

/** A piece of a statement with its bindings, `?` standing for each in turn. */
export interface Sql {
  readonly text: string
  readonly bindings: readonly Binding[]
}

/** Composes a statement: fragments are put in as they are, everything else becomes a binding. */
export function sql(texts: TemplateStringsArray, ...parts: readonly (Sql | Binding)[]): Sql {
  let text = texts[0] ?? ''
  const bindings: Binding[] = []
  for (const [index, part] of parts.entries()) {
    if (isFragment(part)) {
      text += part.text
      bindings.push(...part.bindings)
    } else {
      text += '?'
      bindings.push(part)
    }
    text += texts[index + 1] ?? ''
  }
  return { text, bindings }
}

export function joinSql(fragments: readonly Sql[], separator: Sql): Sql {
  return {
    text: fragments.map((fragment) => fragment.text).join(separator.text),
    bindings: fragments.flatMap((fragment) => fragment.bindings),
  }
}

function isFragment(part: Sql | Binding): part is Sql {
  return typeof part === 'object' && 'text' in part
}
