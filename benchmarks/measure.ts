/** One line of a benchmark: a repeated call. A promise that it returns is awaited. */
export interface Line {
  readonly name: string
  readonly call: (index: number) => unknown
  /** Calls a round; fewer for slow ones. Default 1,000. */
  readonly calls?: number
  /** The name of an earlier line that this one includes: its time is shown net of that, too. */
  readonly over?: string
}

/** The time of a line. */
export interface Result {
  readonly name: string
  /** Nanoseconds a call, the median of the rounds. */
  readonly median: number
  /** Nanoseconds a call in the fastest round, which other processes disturbed least. */
  readonly fastest: number
  /** The base's time in the same round by this line's: the median of the rounds. Above 1 is faster than the base. */
  readonly ratio: number
  /** The lower and the upper quartile of the ratio. */
  readonly spread: readonly [number, number]
  /** Nanoseconds a call beyond those of the line that it is over, in the same round: the median of the differences. */
  readonly net?: number
}

/**
 * Returns the time of each line, compared with the first one. The lines take turns, round by round, and each round's times are compared
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
  return lines.map(({ name, over }, index) => {
    const own = times[index] as number[]
    const ratios = own.map((time, round) => (base[round] as number) / time)
    const part = over === undefined ? undefined : (times[indexOf(lines, over)] as number[])
    return {
      name,
      median: quantile(own, 0.5),
      fastest: Math.min(...own),
      ratio: quantile(ratios, 0.5),
      spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      ...(part && { net: quantile(differences(own, part), 0.5) }),
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

/** Returns the middle one. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function indexOf(lines: readonly Line[], name: string): number {
  const index = lines.findIndex(line => line.name === name)
  if (index < 0) throw new Error(`there is no line "${name}"`)
  return index
}

const differences = (own: readonly number[], part: readonly number[]) =>
  own.map((time, round) => time - (part[round] as number))

/** Returns the value below which a share of them lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * q)] as number
}
