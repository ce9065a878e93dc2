import type { ForwardAuthEvent } from '../../../adapters/forward-auth/index.js'
import type { Output } from '../io.js'

/** A log: one JSON object a line. */
export interface Log {
  /** Writes a line about what happens to the service. */
  readonly say: (event: string, members?: object) => void
  /** Writes the line of one decision. */
  readonly decision: (event: ForwardAuthEvent) => void
  /** Writes what is not written yet. */
  readonly flush: () => void
}

/**
 * Returns a log to an output. Lines of one turn of the event loop are written at once: each write takes longer than a decision. Holds no text of
 * a token or a request.
 */
export function logTo(output: Output): Log {
  let lines = ''
  function flush(): void {
    const text = lines
    lines = ''
    if (text !== '') output.write(text)
  }
  function write(line: object): void {
    if (lines === '') setImmediate(flush)
    lines += `${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`
  }
  return {
    say: (event, members) => write({ event, ...members }),
    decision({ duration, error, ...rest }) {
      write({ event: 'decision', ...rest, ms: Number(duration.toFixed(3)), ...faultOf(error) })
    },
    flush,
  }
}

/** Where it was thrown. Not its message, which may hold anything. */
function faultOf(error: unknown): object {
  if (error === undefined) return {}
  const { name, stack } = (error ?? {}) as Partial<Error>
  const frames = String(stack)
    .split('\n')
    .filter(line => /^\s+at /.test(line))
  return { error: String(name), at: frames.slice(0, 3).map(frame => frame.trim()) }
}
