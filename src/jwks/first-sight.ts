/**
 * Returns when a key ID was first asked for, as far as that is known: for the last 1,000, and for 100,000 characters.
 * One that is forgotten counts as new: its token is told to come back, and not that its key does not exist.
 */
export function firstSight(): (kid: string | undefined, time: number) => number {
  /** The last one that was asked for is the last one here. */
  const times = new Map<string, number>()
  let characters = 0

  function forget(kid: string): void {
    if (times.delete(kid)) characters -= kid.length + 1
  }

  return (kid = '', time) => {
    const first = times.get(kid) ?? time
    forget(kid)
    times.set(kid, first)
    characters += kid.length + 1
    while (times.size > 1_000 || characters > 100_000) forget(times.keys().next().value as string)
    return first
  }
}
