import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Runs a process with a key set of its own; see client.ts. */
export async function client(task: string, urls: readonly string[], env: Record<string, string> = {}) {
  const file = fileURLToPath(new URL('client.js', import.meta.url))
  const child = spawn(process.execPath, [file, task, ...urls], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  let lastWord = 0
  child.stdout.on('data', chunk => {
    text += chunk
    lastWord = performance.now()
  })
  await once(child, 'close')
  return { output: text.trim().split('\n'), exitedAfter: Math.round(performance.now() - lastWord) }
}
