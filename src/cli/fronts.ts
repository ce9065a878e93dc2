// Over 150 lines: a third of it is flags and their help.
import type { parseArgs } from 'node:util'
import { type Authorizer, startApiGateway } from '../devtools/local/fronts/api-gateway.js'
import type { AuthorizerType } from '../devtools/local/fronts/authorizer-event.js'
import {
  type LoadBalancerKey,
  startLoadBalancer,
  type Unauthenticated,
} from '../devtools/local/fronts/load-balancer.js'
import type { Local } from '../devtools/local/local.js'
import type { Routes } from '../devtools/local/server.js'
import type { Loopback } from '../testing/loopback.js'
import { loadFunction } from './functions.js'
import { usageError } from './io.js'

/** A server that runs in front of an app. */
interface Front extends Loopback {
  /** A line that names its URL. */
  readonly says: string
}

/** The servers to run in front of apps: a load balancer, an API Gateway, both or neither. */
interface Fronts {
  readonly loadBalancer?: { appPort: number; port: number; unauthenticated: Unauthenticated }
  readonly apiGateway?: {
    authorizer: Authorizer
    type: AuthorizerType
    ttl: number
    apiPort: number
    port: number
  }
}

/** Its flags, for `parseArgs`. */
export const frontFlags = {
  alb: { type: 'string' },
  'alb-listen': { type: 'string', default: '9401' },
  unauthenticated: { type: 'string', default: 'authenticate' },
  authorizer: { type: 'string' },
  'authorizer-type': { type: 'string', default: 'token' },
  'authorizer-ttl': { type: 'string' },
  api: { type: 'string' },
  'api-listen': { type: 'string', default: '9402' },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof frontFlags }>>['values']

/**
 * Resolves to the configuration of the flags, with the authorizer loaded.
 *
 * @throws UsageError
 */
export async function readFronts(values: Values): Promise<Fronts> {
  return {
    ...(values.alb !== undefined && {
      loadBalancer: {
        appPort: portOf('--alb', values.alb),
        port: portOf('--alb-listen', values['alb-listen']),
        unauthenticated: oneOf('--unauthenticated', values.unauthenticated, unauthenticated),
      },
    }),
    ...(values.authorizer !== undefined && {
      apiGateway: {
        authorizer: await loadFunction<Authorizer>('--authorizer', values.authorizer),
        type: oneOf('--authorizer-type', values['authorizer-type'], types),
        ttl: ttlOf(values),
        apiPort: portOf('--api', values.api ?? ''),
        port: portOf('--api-listen', values['api-listen']),
      },
    }),
  }
}

/** Starts them, one after the other. */
export async function* startFronts(
  fronts: Fronts,
  local: Local,
  key: LoadBalancerKey,
): AsyncGenerator<Front> {
  if (fronts.loadBalancer) {
    const balancer = await listening(
      '--alb-listen',
      fronts.loadBalancer.port,
      startLoadBalancer(local, key, fronts.loadBalancer),
    )
    const says = `balancer   ${balancer.url}   ${balancer.arn}, keys at ${local.url}/public-keys`
    yield { ...balancer, says }
  }
  if (fronts.apiGateway) {
    const gateway = await listening(
      '--api-listen',
      fronts.apiGateway.port,
      startApiGateway({ ...fronts.apiGateway, clock: local.clock }),
    )
    yield { ...gateway, says: `gateway    ${gateway.url}` }
  }
}

/**
 * Resolves to what listens at the port of a flag.
 *
 * @throws UsageError for a port that cannot be had
 */
export const listening = <T>(flag: string, port: number, starting: Promise<T>): Promise<T> =>
  starting.catch((error: NodeJS.ErrnoException) => {
    throw usageError(
      `${flag}: port ${port} cannot be had (${error.code}). Choose another port, or 0 for any that is free`,
    )
  })

/** Where the key of the load balancer is published. */
export const keyRoute =
  ({ kid, pem }: LoadBalancerKey) =>
  (): Routes => ({ [`GET /public-keys/${kid}`]: () => new Response(pem) })

/** @throws UsageError for a value that is no port */
export function portOf(flag: string, text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw usageError(`${flag} must be a port, from 0 to 65535`)
  return port
}

function ttlOf({ 'authorizer-ttl': text, 'authorizer-type': type }: Values): number {
  const ttl = text === undefined ? (type === 'http' ? 0 : 300) : Number(text)
  if (!(ttl >= 0 && ttl <= 3600)) throw usageError('--authorizer-ttl must be from 0 to 3600')
  return ttl
}

function oneOf<T extends string>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find(value => value === text)
  if (found === undefined) throw usageError(`${flag} must be one of ${allowed.join(', ')}`)
  return found
}

const unauthenticated = ['authenticate', 'allow', 'deny'] as const
const types = ['token', 'request', 'http'] as const

/** Their part of the help. */
export const frontHelp = `
In front of an app on this machine:
  --alb <port>                an Application Load Balancer in front of the app on this port: signs users in, adds the x-amzn-oidc headers
  --alb-listen <port>         default 9401
  --unauthenticated <action>  authenticate (default), allow or deny
  --authorizer <file#name>    an API Gateway that calls this Lambda authorizer (name: default handler)
  --authorizer-type <type>    token (default), request or http: the event of a REST API, or of an HTTP API (2.0)
  --authorizer-ttl <seconds>  how long its answer is remembered; default 300, for http 0
  --api <port>                the app behind it
  --api-listen <port>         default 9402
`
