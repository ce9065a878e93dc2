import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'

/** The supported servers. They take the same options. */
export type ServerProgram = 'redis-server' | 'valkey-server'

/** The version that a program reports; `undefined` where it is not installed. */
export const versionOf = (program: ServerProgram): string | undefined =>
  /v=(\S+)/.exec(String(spawnSync(program, ['--version']).stdout))?.[1]

/** For a test that needs a server: on a developer's machine it may be missing, in CI it may not. */
export const needsRedis =
  /* c8 ignore next -- one machine has only one of the two */
  versionOf('redis-server') || process.env.CI === 'true' ? {} : { skip: 'no redis-server' }

/** For a test that needs Valkey: not every system has a package of it. */
export const needsValkey =
  /* c8 ignore next -- one machine has only one of the two */
  versionOf('valkey-server') ? {} : { skip: 'no valkey-server: not proved against Valkey on this machine' }

/** A server of its own for a test, on a free loopback port. */
export interface RedisServer {
  readonly port: number
  /** SIGKILL: what was not written to disk is gone. It may be gone already. */
  kill(): Promise<void>
  /** Starts it again on the same port, with the files it left. */
  start(): Promise<void>
}

/** A test, or whatever else ends what was started for it. */
export interface WithEnd {
  teardown(end: () => unknown): void
}

/** Starts a Redis server, which ends with the test. With `--appendonly yes` its data survives a SIGKILL. */
export const redisServer = (t: WithEnd, ...options: string[]): Promise<RedisServer> =>
  serverOf(t, 'redis-server', ...options)

/** Starts a server of either program, which ends with the test. */
export async function serverOf(
  t: WithEnd,
  program: ServerProgram,
  ...options: string[]
): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'redis-'))
  // a Sentinel writes to its configuration file
  const file = join(directory, 'conf')
  writeFileSync(file, '')
  const port = await freePort()
  let server: ChildProcess
  const start = async () => {
    const fixed = ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory, '--save', '']
    server = spawn(program, [file, ...fixed, ...options], { stdio: 'ignore' })
    await untilListening(port)
  }
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill('SIGKILL')
    await exited
  }
  t.teardown(async () => {
    await kill()
    rmSync(directory, { recursive: true, force: true })
  })
  await start()
  return { port, kill, start }
}

/** A proxy to a port that can be made to hang: open connections stay open, and no data passes. */
export async function proxyTo(t: Test, target: number) {
  const sockets = new Set<Socket>()
  let isHanging = false
  const server = createServer(near => {
    const far = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', data => void (isHanging || to.write(data)))
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    hang: () => void (isHanging = true),
    /** Data sent meanwhile stays lost; the connections go on. */
    pass: () => void (isHanging = false),
  }
}

/** Resolves when a condition holds, which is looked at every so many milliseconds. Fails after twenty seconds. */
export async function until(what: string, isMet: () => unknown, every = 2): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await pause(every)) if (await isMet()) return
  /* c8 ignore start: only a test that fails comes here */
  throw new Error(`not within twenty seconds: ${what}`)
}
/* c8 ignore stop */

/** Whether a promise is fulfilled: for `until`, where a busy machine may be too slow for a short `staleAfter` once or twice. */
export const isDone = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  )

/** A port without a listener, below those that systems give out: no connection of another test takes it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise(resolve => server.close(resolve))
    return port
  }
}

async function untilListening(port: number): Promise<void> {
  await until('redis-server listens', async () => {
    const socket = connect(port, '127.0.0.1')
    const answers = once(socket, 'data').then(String, () => '')
    socket.write('PING\r\n')
    const isUp = (await answers).startsWith('+PONG')
    socket.destroy()
    return isUp
  })
}
