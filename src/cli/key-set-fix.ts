import type { KeySetFailure } from '../types.js'
import type { Io } from './io.js'

/** Why a key set cannot be fetched: an error, or an event of it. */
export interface FetchFailure {
  readonly reason: KeySetFailure
  readonly status?: number
  readonly code?: string
}

/** Returns what keeps a key set from being fetched, and what to do: in one sentence, for every command that fetches one. */
export function keySetFix({ reason, status = 0, code = '' }: FetchFailure, env: Io['env']): string {
  const isUnreached = reason === 'dns' || reason === 'connect' || reason === 'timeout'
  if (isUnreached && (env.HTTPS_PROXY || env.https_proxy)) return usesProxy(env) ? proxyRefuses : unusedProxy
  if (/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) return untimely
  return statusFixes[status] ?? (status === 429 || status >= 500 ? trouble : fixes[reason]) ?? elsewhere
}

/** Node.js uses the variable only when it is told to. */
const usesProxy = ({ NODE_USE_ENV_PROXY, NODE_OPTIONS = '' }: Io['env']) =>
  NODE_USE_ENV_PROXY === '1' || NODE_OPTIONS.includes('--use-env-proxy')

const unusedProxy =
  'HTTPS_PROXY is set, but Node.js does not use it: set NODE_USE_ENV_PROXY=1 as well (Node.js 22.21, 24 and later), or give userPool the fetch option.'

const proxyRefuses =
  'The proxy of HTTPS_PROXY does not lead to the host: let it pass cognito-idp.<Region>.amazonaws.com, or correct its address.'

const untimely =
  'The certificate of the host is not valid at the time of this machine: set its clock (NTP); of a proxy that opens TLS, renew it and give it to Node.js (NODE_EXTRA_CA_CERTS).'

const noWayOut =
  'in a VPC it takes a NAT gateway or an endpoint for Cognito, behind a proxy the fetch option. Or bundle the key set: cognito-guard keys pull, where there is a network.'

const trouble =
  'The host has trouble of its own: try again later, and bundle a key set that was pulled before (option jwks) to bridge outages.'

const elsewhere =
  'What answers is not Cognito: check where the key set is (jwksUri), and the proxy or portal between this machine and that.'

const wrongPool =
  'There is no key set for this user pool: compare the pool ID with the console, letter by letter, and its Region.'

const statusFixes: Readonly<Record<number, string>> = {
  400: wrongPool,
  403: 'The key set is forbidden: a proxy or firewall refuses the host, or jwksUri names an issuer that the pool does not use; else compare the pool ID letter by letter.',
  404: wrongPool,
  407: 'A proxy asks for credentials: put them into HTTPS_PROXY, or give userPool the fetch option.',
}

const fixes: Partial<Record<KeySetFailure, string>> = {
  dns: `The name of the host is not found: check the Region in the pool ID; ${noWayOut}`,
  connect: `There is no way to the host: ${noWayOut}`,
  timeout: `The host does not answer: ${noWayOut}`,
  tls: 'A proxy that opens TLS is probably in between, and Node.js does not trust it: give its certificate to Node.js (NODE_EXTRA_CA_CERTS).',
}
