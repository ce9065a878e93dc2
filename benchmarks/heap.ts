import { median } from './measure.js'

/** Bytes in use on the heap after garbage collection, which takes more than one run. Needs --expose-gc. */
export function heap(runs = 3): number {
  if (!globalThis.gc) throw new Error('needs --expose-gc')
  for (let run = 0; run < runs; run++) globalThis.gc()
  return process.memoryUsage().heapUsed
}

/**
 * Bytes of heap that a call allocates, kept or garbage: the median of 15 times so many calls. They must fit in the young generation:
 * what is collected in between is not counted. Needs --expose-gc.
 */
export function bytesPerCall(call: (index: number) => unknown, calls: number): number {
  let index = 0
  const rounds = Array.from({ length: 15 }, () => {
    const before = heap(1)
    for (const end = index + calls; index < end; index++) call(index)
    return (process.memoryUsage().heapUsed - before) / calls
  })
  return median(rounds)
}
