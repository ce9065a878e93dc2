// Runs the programs of a check, and keeps what they say.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** Starts a program. Where it is `detached`, what it starts itself is ended with it. */
export function startProgram(command, args, { env, ...options } = {}) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    env: { ...process.env, CI: 'true', NODE_OPTIONS: '', ...env },
  })
  let output = ''
  let more = () => {}
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text
      more()
    })
  const closed = once(child, 'close').then(([status]) => status)
  return {
    /** Resolves to its status when it has ended. */
    closed,
    output: () => output,
    kill() {
      if (!options.detached) return child.kill('SIGKILL')
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // all of it has ended
      }
    },
    /** Resolves to what the patterns match in its output, within a minute. */
    async found(...patterns) {
      const late = setTimeout(60_000, 'late', { ref: false })
      for (;;) {
        const matches = patterns.map(pattern => pattern.exec(output)?.[1])
        if (matches.every(match => match !== undefined)) return matches
        if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended')
        const next = new Promise(done => {
          more = done
        })
        if ((await Promise.race([next, closed, late])) === 'late') throw new Error('it did not listen')
      }
    },
  }
}

/** Works on the items, two at a time. */
export async function inPairs(items, work) {
  const queue = items.values()
  const next = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all([next(), next()])
}

/** A port that is free now, for programs that take no 0. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return String(port)
}
