/**
 * Returns the pause after failures in a row, in milliseconds: 1, 3, 9, ... seconds up to `most`.
 * Jitter only lengthens the growing steps: they spread processes apart for good, and the last step stays as documented.
 */
export function backoff(failures: number, most: number, random = Math.random()): number {
  return Math.min(most, 1_000 * 3 ** (failures - 1) * (1 + random / 2))
}
