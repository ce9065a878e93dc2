/** What the figures are to reach; it stands beside them, where there is a goal. */
export const goals: Goals = {
  rememberedKb: 3,
  coldHeapKb: 2.5,
  growthMb: 5,
  heapGrowthMb: 1,
  bundleKb: 12,
}

interface Goals {
  /** kB that a remembered token takes, its text included: what `maxTokens` says. */
  readonly rememberedKb: number
  /** kB of heap that a new token leaves to the collector, without its text. */
  readonly coldHeapKb: number
  /** MB a minute that a process grows by under a load of new tokens: what the collector's moods make of a flat line. */
  readonly growthMb: number
  /** MB that is in use on the heap after a minute of it, and was not before. */
  readonly heapGrowthMb: number
  /** kB of `createVerifier` and `userPool` in a bundle, compressed. */
  readonly bundleKb: number
  /** kB of the whole core entry in a bundle, compressed. */
  readonly wholeBundleKb?: number
  /** Milliseconds to import the core entry as it is published, and from its modules. */
  readonly importMs?: number
  readonly modulesImportMs?: number
}
