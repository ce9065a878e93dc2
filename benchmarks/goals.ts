/** The goals of figures that have one; printed beside them. */
export const goals: Goals = {
  cachedTokenKb: 3,
  coldHeapKb: 2.5,
  growthMb: 5,
  heapGrowthMb: 1,
  bundleKb: 20,
}

interface Goals {
  /** kB that a cached token takes, its text included: as documented for `maxTokens`. */
  readonly cachedTokenKb: number
  /** kB of heap that a new token leaves to the collector, without its text. */
  readonly coldHeapKb: number
  /** MB a minute that a process grows by under a load of new tokens: the noise of garbage collection around zero. */
  readonly growthMb: number
  /** MB that the heap in use grows by in a minute of it. */
  readonly heapGrowthMb: number
  /** kB of `createVerifier` and `userPool` in a bundle, compressed. */
  readonly bundleKb: number
  /** kB of the whole core entry in a bundle, compressed. */
  readonly wholeBundleKb?: number
  /** Milliseconds to import the core entry as it is published, and from its modules. */
  readonly importMs?: number
  readonly modulesImportMs?: number
}
