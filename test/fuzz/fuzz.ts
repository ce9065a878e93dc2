import { Session } from 'node:inspector'
import { random } from './random.js'

/** The code under test, which gets texts until one makes it throw. */
export interface Target {
  readonly name: string
  /** Texts to start from. */
  readonly seeds: readonly string[]
  /** Pieces of text that have a meaning for the target. */
  readonly words: readonly string[]
  /** Throws, or rejects, when a text breaks an invariant. */
  readonly run: (text: string) => unknown
}

/** The result of fuzzing a target. */
interface Report {
  readonly executions: number
  /** How many texts reached code that no other text had reached before. */
  readonly kept: number
  readonly failure?: { readonly text: string; readonly error: unknown }
}

/**
 * Feeds a target with changed texts for a number of milliseconds. A text that reaches code which none has reached before is kept, and
 * changed further: V8 tells which blocks have run.
 */
export async function fuzz(
  { seeds, words, run }: Target,
  milliseconds: number,
  seed: number,
): Promise<Report> {
  const pick = random(seed)
  const coverage = blocks()
  const kept = [...seeds]
  const end = Date.now() + milliseconds
  let executions = 0
  const attempt = async (text: string): Promise<Report['failure']> => {
    executions++
    try {
      await run(text)
      return undefined
    } catch (error) {
      return { text, error }
    }
  }
  try {
    for (const text of seeds) {
      const failure = await attempt(text)
      if (failure) return { executions, kept: 0, failure }
    }
    coverage.takeNew()
    while (Date.now() < end) {
      const batch = Array.from({ length: 32 }, () => change(kept, words, pick))
      for (const text of batch) {
        const failure = await attempt(text)
        if (failure) return { executions, kept: kept.length - seeds.length, failure }
      }
      if (!coverage.takeNew()) continue
      // One of these did it: the shortest stands for all of them.
      kept.push(
        batch.reduce((a, b) => (a.length < b.length ? a : b)),
        ...batch.slice(0, 3),
      )
    }
    return { executions, kept: kept.length - seeds.length }
  } finally {
    coverage.end()
  }
}

/** A text with one to four changes. */
function change(texts: readonly string[], words: readonly string[], pick: (below: number) => number): string {
  const any = <T>(values: readonly T[]) => values[pick(values.length)] as T
  let text = any(texts)
  for (let changes = 1 + pick(4); changes > 0; changes--) {
    const at = pick(text.length + 1)
    const to = at + pick(Math.min(40, text.length - at + 1))
    const changed = [
      () => text.slice(0, at) + text.slice(to),
      () => text.slice(0, at) + any(words) + text.slice(at),
      () => text.slice(0, at) + any(words) + text.slice(to),
      () => text.slice(0, at) + any(characters) + text.slice(at + 1),
      () => text.slice(0, at) + String.fromCharCode(pick(0x250)) + text.slice(at),
      () => text.slice(0, to) + text.slice(at),
      () => text.slice(0, at) + any(texts).slice(at),
      () => text.slice(0, at) + any(texts).slice(pick(40), 40) + text.slice(at),
      () => text.slice(at, to).repeat(1 + pick(40)) + text.slice(to),
    ]
    text = any(changed)().slice(0, 20_000)
  }
  return text
}

const characters = Array.from(
  '\u0000\t\n\r "#%+,-./0139:;=?AZ[\\]_az{}~\u007f\u00e9\u0141\u2028\ud800\udc00\ufeff\uff21',
)

/** Which blocks of our code have run, by V8's own count. */
function blocks() {
  const session = new Session()
  const seen = new Set<string>()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return {
    /** Whether any block has run since the last call that had not run before. */
    takeNew(): boolean {
      const before = seen.size
      // In this thread the answer comes before the call returns.
      session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
        for (const { url, functions } of result) {
          if (!/\/dist\/(src|adapters)\//.test(url)) continue
          for (const { ranges } of functions) {
            for (const { startOffset, endOffset, count } of ranges) {
              if (count > 0)
                seen.add(`${url} ${startOffset} ${endOffset} ${Math.min(3, Math.floor(Math.log2(count)))}`)
            }
          }
        }
      })
      return seen.size > before
    },
    end() {
      session.post('Profiler.stopPreciseCoverage')
      session.disconnect()
    },
  }
}
