// Over 150 lines: the two transports, of node:http and of fetch, in one place, so that they stay alike.
import type { Agent, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { builtinModule } from '../runtime.js'
import { keySetError, networkError } from './failure.js'
import type { Which } from './hedge.js'

/** Sends one GET request. Follows no redirect, and is aborted when `ended` resolves. */
export type Get = (url: string, how: { ended: Promise<void> } & Which) => Promise<Answer>

/** A response, its body not read yet. */
export interface Answer {
  readonly status: number
  readonly header: (name: string) => string | undefined
  /** Calls `take` with each chunk of the body. An error that it throws stops the reading. */
  readonly read: (take: (chunk: Uint8Array) => void) => Promise<void>
  /** Such a body is refused: compression was not requested, and is not decoded here. */
  readonly isCompressed?: boolean
}

/** Any function that works like the standard `fetch`, as far as it is used here. */
export type Fetch = (
  url: string,
  init: {
    method: 'GET'
    headers: Record<string, string>
    redirect: 'manual'
    signal: Signal
  },
) => Promise<FetchResponse>

/** `AbortSignal`, without a name that only some libs of a compiler have. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : object

/** The part of the standard `Response` that is used here. */
export interface FetchResponse {
  readonly status: number
  readonly redirected?: boolean
  readonly type?: string
  readonly headers: { get(name: string): string | null }
  /** A stream of bytes (`AsyncIterable<Uint8Array>`), which not every compiler knows a `ReadableStream` to be. */
  readonly body: object | null
}

/** Returns the transport for a URL: the given fetch function, else what the runtime has. `deadline`: milliseconds for all requests of a fetch. */
export function transport(fetch: Fetch | undefined, url: string, deadline: number): Get {
  if (fetch) return getWithFetch(fetch)
  const protocol = url.startsWith('https:') ? 'node:https' : 'node:http'
  return getWithNode(protocol, deadline) ?? getWithFetch(globalThis.fetch)
}

/**
 * Returns a transport over node:https, or node:http for an http URL; `undefined` on a runtime without them.
 * The first global fetch of a process takes tens of milliseconds longer, which would add to a cold start.
 */
function getWithNode(protocol: Protocol, deadline: number): Get | undefined {
  // Cloudflare Workers have these modules by name, not the sockets behind them.
  const { navigator } = globalThis as { navigator?: { userAgent?: string } }
  if (navigator?.userAgent === 'Cloudflare-Workers') return undefined
  const http = builtinModule(protocol)
  if (!http) return undefined
  return (url, { ended, isFirst, isLast }) =>
    new Promise((resolve, reject) => {
      agents[protocol] ??= agentsOf(http)
      // The server may have closed a kept-alive socket meanwhile: the second request opens a new one.
      const agent = agents[protocol][isFirst ? 'kept' : 'fresh']
      const request = http.get(url, { headers, agent, ...connecting(isFirst, isLast, deadline) })
      void ended.then(() => request.destroy())
      // The deadline's timer keeps the process alive while a caller waits; the sockets must not.
      request.on('socket', socket => socket.unref())
      request.on('error', error => reject(networkError(error, 'connect')))
      request.on('response', response => {
        resolve({
          status: response.statusCode as number,
          header: name => response.headers[name] as string | undefined,
          read: take => readAll(response, take),
          isCompressed: (response.headers['content-encoding'] ?? 'identity') !== 'identity',
        })
      })
    })
}

/**
 * Where the process asks for it (`NODE_USE_ENV_PROXY=1`, `--use-env-proxy`), Node gives its global agent the environment that names proxies and
 * those hosts that are reached without one. Agents of one's own have to be given it too.
 */
function agentsOf({ Agent, globalAgent }: Pick<typeof import('node:http'), 'Agent' | 'globalAgent'>): Agents {
  const { proxyEnv } = Object((globalAgent as { options?: unknown }).options) as { proxyEnv?: unknown }
  const shared = { timeout: idleTime, proxyEnv }
  const agents = {
    kept: new Agent({ ...shared, keepAlive: true, maxFreeSockets: 1 }),
    fresh: new Agent({ ...shared, keepAlive: false }),
  }
  for (const agent of Object.values(agents)) letGo(agent)
  return agents
}

/** A request hears of its socket when the proxy has agreed to a tunnel, and one that is silent would hold the process until then. */
function letGo(agent: object): void {
  const { createConnection } = agent as { createConnection: (...how: unknown[]) => Socket }
  Object.assign(agent, {
    createConnection: (...how: unknown[]) => createConnection.apply(agent, how).unref(),
  })
}

/**
 * For how long Node tries one address of several before it turns to the next, for good: 250 ms by default, which gets the first request past
 * a dead address quickly, and past a slow one as well. So the second request takes its time, and one that is alone leaves time for three.
 */
function connecting(isFirst: boolean, isLast: boolean, deadline: number) {
  if (!isLast) return undefined
  return { autoSelectFamilyAttemptTimeout: Math.ceil(isFirst ? deadline / 3 : deadline) }
}

/** By events: iterating over a stream takes longer, the first time by some tenths of a millisecond. */
function readAll(response: IncomingMessage, take: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    response.on('data', chunk => {
      try {
        take(chunk)
      } catch (error) {
        reject(error)
      }
    })
    response.on('end', resolve)
    response.on('error', reject)
    response.on('close', reject)
  })
}

/** Returns a transport over a fetch function. It may decompress; the size limit is for the result. */
function getWithFetch(fetch: Fetch): Get {
  return async (url, { ended }) => {
    const controller = new AbortController()
    void ended.then(() => controller.abort())
    const response = await ask(fetch, url, controller.signal)
    if (response.redirected || response.type === 'opaqueredirect') throw keySetError('redirect')
    return {
      status: response.status,
      header: name => response.headers.get(name) ?? undefined,
      async read(take) {
        for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) take(chunk)
      },
    }
  }
}

async function ask(fetch: Fetch, url: string, signal: AbortSignal): Promise<FetchResponse> {
  let response: FetchResponse
  try {
    response = await fetch(url, { method: 'GET', headers, redirect: 'manual', signal })
  } catch (error) {
    throw networkError(error, 'fetch')
  }
  if (!isResponse(response)) throw keySetError('fetch')
  return response
}

function isResponse(value: unknown): value is FetchResponse {
  const { status, headers, body } = (value ?? {}) as Partial<FetchResponse>
  return (
    typeof status === 'number' &&
    typeof headers?.get === 'function' &&
    (body === null ||
      typeof (body as Partial<AsyncIterable<Uint8Array>>)?.[Symbol.asyncIterator] === 'function')
  )
}

/** Shared by all key sets of the process: tenants may be thousands, and the hosts of their keys are few. One idle socket per host is kept. */
const agents: { [protocol in Protocol]?: Agents } = {}

type Protocol = 'node:http' | 'node:https'
type Agents = { readonly kept: Agent; readonly fresh: Agent }

/** Milliseconds after which an idle socket is closed: no key set closes what all share. */
const idleTime = 10_000

const headers = { accept: 'application/json, */*', 'accept-encoding': 'identity' }
