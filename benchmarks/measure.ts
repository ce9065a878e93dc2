/** One line of a benchmark: a call that is repeated. A promise that it returns is awaited. */
export interface Line {
  readonly name: string
  readonly call: (index: number) => unknown
  /** Calls a round; fewer for slow ones. Default 1,000. */
  readonly calls?: number
}

/** What a line took. */
export interface Result {
  readonly name: string
  /** Nanoseconds a call, the median of the rounds. */
  readonly median: number
  /** The base's time in the same round by this line's: the median of the rounds. Above 1 is faster than the base. */
  readonly ratio: number
  /** The lower and the upper quartile of the ratio. */
  readonly spread: readonly [number, number]
}

/**
 * Returns what each line took, compared with the first one. The lines take turns, round by round, and each round's times are compared
 * with each other only: a machine that is slow for a while is slow for all of them.
 */
export async function measure(
  lines: readonly Line[],
  rounds: number,
  onRound?: (round: number) => void,
): Promise<Result[]> {
  const times = lines.map((): number[] => [])
  for (let round = -2; round < rounds; round++) {
    for (const [index, line] of lines.entries()) {
      const time = await timeOf(line)
      if (round >= 0) times[index]?.push(time)
    }
    onRound?.(round)
  }
  const base = times[0] as number[]
  return lines.map(({ name }, index) => {
    const own = times[index] as number[]
    const ratios = own.map((time, round) => (base[round] as number) / time)
    return {
      name,
      median: quantile(own, 0.5),
      ratio: quantile(ratios, 0.5),
      spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    }
  })
}

async function timeOf({ call, calls = 1_000 }: Line): Promise<number> {
  const start = process.hrtime.bigint()
  for (let index = 0; index < calls; index++) {
    const result = call(index)
    if (result instanceof Promise) await result
  }
  return Number(process.hrtime.bigint() - start) / calls
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * q)] as number
}
