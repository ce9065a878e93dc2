import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Starts a compiled program. `until` resolves to what it has printed, once that holds a text. */
export function start(path: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const closed = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    closed,
    async until(text: string) {
      while (!output.includes(text)) {
        const ended = await Promise.race([once(child.stdout, 'data').then(() => undefined), closed])
        if (ended && !output.includes(text)) throw new Error(`it ended with ${ended.code}:\n${output}`)
      }
      return output
    },
  }
}
