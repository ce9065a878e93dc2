/**
 * How long to leave an issuer alone after failures in a row, in milliseconds: 1, 3, 9, ... seconds up to `most`.
 * Jitter only lengthens the growing steps: they set processes apart for good, and the last step stays what was promised.
 */
export function backoff(failures: number, most: number, random = Math.random()): number {
  return Math.min(most, 1_000 * 3 ** (failures - 1) * (1 + random / 2))
}
