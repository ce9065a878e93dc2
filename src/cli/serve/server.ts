import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { usageError } from '../io.js'

/** A server that can be stopped without refusing anybody. */
export interface RunningServer {
  /** Where it listens, as `--listen` takes it. */
  readonly address: string
  /** Stops accepting, and resolves when what is in flight is answered, or after so many milliseconds; default 10,000. */
  stop(within?: number): Promise<void>
}

/**
 * Resolves to a server, once it listens: on `host:port`, or on `unix:path` with a mode.
 *
 * @throws UsageError where it cannot listen
 */
export async function serveOn(
  listen: string,
  mode: number,
  handler: RequestListener,
): Promise<RunningServer> {
  const inFlight = new Set<ServerResponse>()
  const server = createServer(limits, (request, response) => {
    inFlight.add(response)
    response.once('close', () => inFlight.delete(response))
    handler(request, response)
  })
  // Headers beyond a count would be dropped without a word; their size is limited already.
  server.maxHeadersCount = 0
  const path = /^unix:(.+)$/.exec(listen)?.[1]
  await (path === undefined
    ? listening(server, () => listenOn(server, listen))
    : listeningAt(server, path, mode)
  ).catch((error: NodeJS.ErrnoException) => {
    throw usageError(`--listen: it cannot listen on ${listen} (${error.code})`)
  })
  return {
    address: path === undefined ? addressOf(server) : listen,
    async stop(within = 10_000) {
      const closed = new Promise(resolve => server.close(resolve))
      for (const response of inFlight) if (!response.headersSent) response.setHeader('Connection', 'close')
      const late = setTimeout(() => server.closeAllConnections(), within)
      await closed
      clearTimeout(late)
    },
  }
}

const listening = (server: Server, listen: () => void) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject).once('listening', resolve)
    listen()
  })

function listenOn(server: Server, listen: string): void {
  const [, host, port] = /^(.+):(\d+)$/.exec(listen) as unknown as [string, string, string]
  server.listen(Number(port), host.replace(/^\[(.*)\]$/, '$1'))
}

/** A socket that nobody listens on is left of a process that was killed. It gets its mode before anybody can connect. */
async function listeningAt(server: Server, path: string, mode: number): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() && !(await isInUse(path))) unlinkSync(path)
  const mask = process.umask(0o777)
  try {
    const listens = listening(server, () => server.listen(path))
    process.umask(mask)
    await listens
    chmodSync(path, mode)
  } finally {
    process.umask(mask)
  }
}

const isInUse = (path: string) =>
  new Promise<boolean>(resolve => {
    const socket = connect(path)
      .once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      .once('error', () => resolve(false))
  })

function addressOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

/** Longer than the 60 seconds for which nginx and Envoy keep idle connections: else one of them asks while we hang up. */
const limits = {
  keepAliveTimeout: 75_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // more than nginx and HAProxy take by the recipes: they would make an outage of our 431
  maxHeaderSize: 262_144,
}
