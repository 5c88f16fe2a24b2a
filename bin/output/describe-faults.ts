/** A fault with a place: of the configuration or of a policy. */
interface PlacedFault {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly message: string
}

/** One line a fault, as compilers write them: `FILE:LINE:COLUMN: sentence`. */
export function describeFaults(faults: readonly PlacedFault[]): string {
  return faults.map(describeFault).join('\n')
}

function describeFault({ file, line, column, message }: PlacedFault): string {
  const place = [file, line, column].filter((part) => part !== null).join(':')
  return `${place}: ${message}`
}
