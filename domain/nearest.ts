/**
 * The known word that somebody most likely meant, or null where none is near: at most a third of the letters
 * differ (one at least), a swapped pair counting once, upper and lower case not at all. Ties go to the first.
 */
export function findNearest(word: string, known: Iterable<string>): string | null {
  // A pasted paragraph is no misspelling, and the distance is quadratic.
  if (word.length > 64) return null
  const sought = word.toLowerCase()
  let nearest: string | null = null
  let smallest = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const compared = candidate.toLowerCase()
    // No distance is smaller than what one is longer than the other: most candidates cost nothing.
    if (Math.abs(compared.length - sought.length) >= smallest) continue
    const distance = measureDistance(sought, compared)
    if (distance < smallest) {
      nearest = candidate
      smallest = distance
    }
  }
  return nearest
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
function measureDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, substitution)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cost = Math.min(cost, at(beforeLast, j - 2) + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
