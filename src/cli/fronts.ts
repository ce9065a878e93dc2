// Over 150 lines: a third of it is flags and their help.
import type { parseArgs } from 'node:util'
import { startApiGateway } from '../devtools/local/fronts/api-gateway.js'
import type { AuthorizerType } from '../devtools/local/fronts/authorizer-event.js'
import { type Authorizer, lambdaAuthorizer } from '../devtools/local/fronts/lambda-authorizer.js'
import {
  type LoadBalancerKey,
  startLoadBalancer,
  type Unauthenticated,
} from '../devtools/local/fronts/load-balancer.js'
import {
  type NativeAuthorizerOptions,
  type NativeAuthorizerType,
  nativeAuthorizer,
} from '../devtools/local/fronts/native-authorizer.js'
import type { Local } from '../devtools/local/local.js'
import type { Routes } from '../devtools/local/server.js'
import type { Loopback } from '../testing/loopback.js'
import { loadFunction } from './functions.js'
import { usageError } from './io.js'

/** A server that runs in front of an app. */
export interface Front extends Loopback {
  /** A line that names its URL. */
  readonly says: string
  /** The same for programs. */
  readonly about: object
}

/** The servers to run in front of apps: a load balancer, an API Gateway, both or neither. */
interface Fronts {
  readonly loadBalancer?: { appPort: number; port: number; unauthenticated: Unauthenticated }
  readonly apiGateway?: {
    authorizer: { authorizer: Authorizer; type: AuthorizerType; ttl: number } | NativeAuthorizerOptions
    apiPort: number
    port: number
    cors: readonly string[]
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
  'authorizer-audience': { type: 'string', multiple: true },
  'authorizer-scope': { type: 'string', multiple: true },
  cors: { type: 'string', multiple: true },
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
  const authorizer = await readAuthorizer(values)
  return {
    ...(values.alb !== undefined && {
      loadBalancer: {
        appPort: portOf('--alb', values.alb),
        port: portOf('--alb-listen', values['alb-listen']),
        unauthenticated: oneOf('--unauthenticated', values.unauthenticated, unauthenticated),
      },
    }),
    ...(authorizer && {
      apiGateway: {
        authorizer,
        apiPort: portOf('--api', values.api ?? ''),
        port: portOf('--api-listen', values['api-listen']),
        cors: (values.cors ?? []).map(anOrigin),
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
    yield { ...balancer, says, about: { loadBalancer: { url: balancer.url, arn: balancer.arn } } }
  }
  if (fronts.apiGateway) {
    const { authorizer: given, ...api } = fronts.apiGateway
    const { clock, reach, notice } = local
    const authorizer =
      'authorizer' in given ? lambdaAuthorizer({ ...given, clock }) : nativeAuthorizer(local, given)
    const starting = startApiGateway({ ...api, authorizer, clock, reach, notice })
    const gateway = await listening('--api-listen', api.port, starting)
    yield { ...gateway, says: `gateway    ${gateway.url}`, about: { apiGateway: { url: gateway.url } } }
  }
}

/**
 * Resolves to what listens at the port of a flag.
 *
 * @throws UsageError for a port that cannot be had
 */
export const listening = <T>(flag: string, port: number, starting: Promise<T>): Promise<T> =>
  starting.catch((error: NodeJS.ErrnoException) => {
    if (error.syscall !== 'listen') throw error
    if (error.code === 'EADDRNOTAVAIL') throw usageError('--host: this machine has no such address')
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

/** Refuses flags that have no effect: who sets one expects it. */
async function readAuthorizer(values: Values) {
  const { authorizer, 'authorizer-audience': audiences, 'authorizer-scope': scopes } = values
  const ofJwt = audiences && '--authorizer-audience'
  const ofNative = ofJwt ?? (scopes && '--authorizer-scope')
  const type = oneOf('--authorizer-type', values['authorizer-type'], [...lambdaTypes, ...nativeTypes])
  if (isNative(type)) {
    if (authorizer !== undefined) throw usageError(`--authorizer-type ${type} calls no --authorizer`)
    if (values['authorizer-ttl'] !== undefined) throw usageError('--authorizer-ttl needs --authorizer')
    if (ofJwt && type === 'cognito') throw usageError(`${ofJwt} needs --authorizer-type jwt or rest-jwt`)
    return { type, ...(audiences && { audiences }), ...(scopes && { scopes }) }
  }
  if (ofNative) throw usageError(`${ofNative} needs --authorizer-type ${nativeTypes.join(', ')}`)
  if (authorizer !== undefined)
    return {
      authorizer: await loadFunction<Authorizer>('--authorizer', authorizer),
      type,
      ttl: ttlOf(values),
    }
  const lost = values.api !== undefined ? '--api' : values.cors && '--cors'
  if (lost) throw usageError(`${lost} needs --authorizer, or --authorizer-type ${nativeTypes.join(', ')}`)
  return undefined
}

const isNative = (type: AuthorizerType | NativeAuthorizerType): type is NativeAuthorizerType =>
  nativeTypes.some(native => native === type)

function anOrigin(text: string): string {
  if (text === '*' || /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@]+$/.test(text)) return text
  throw usageError('--cors must be an origin, such as http://localhost:5173, or *')
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
const lambdaTypes = ['token', 'request', 'http'] as const
const nativeTypes = ['jwt', 'cognito', 'rest-jwt'] as const

/** Their part of the help. */
export const frontHelp = `
In front of an app on this machine:
  --alb <port>                an Application Load Balancer in front of the app on this port: signs users in, adds the x-amzn-oidc headers
  --alb-listen <port>         default 9401
  --unauthenticated <action>  authenticate (default), allow or deny
  --authorizer <file#name>    an API Gateway that calls this Lambda authorizer (name: default handler)
  --authorizer-type <type>    token (default), request or http: the event of a REST API, or of an HTTP API (2.0)
                              without --authorizer: jwt, the JWT authorizer of an HTTP API; cognito or rest-jwt, those of a REST API
  --authorizer-ttl <seconds>  how long a Lambda authorizer's answer is cached; default 300, for http 0
  --authorizer-audience <id>  of jwt and rest-jwt, repeatable: an aud, or client_id where there is none; default the app clients
  --authorizer-scope <scope>  of jwt, cognito and rest-jwt, repeatable: one of them is required; cognito takes ID tokens without
  --cors <origin>             an origin whose pages may call the API, repeatable; * for all
  --api <port>                the app behind it
  --api-listen <port>         default 9402
`
