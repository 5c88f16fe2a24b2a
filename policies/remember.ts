/**
 * A pure function that remembers its answers. When `limit` are known it forgets all of them: dates, patterns and
 * names recur over a population, and starting again costs less than keeping an order of use.
 */
export function remember<Key, Answer>(compute: (key: Key) => Answer, limit: number): (key: Key) => Answer {
  const known = new Map<Key, Answer>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found
    const computed = compute(key)
    if (known.size >= limit) known.clear()
    known.set(key, computed)
    return computed
  }
}
