import { privateHost } from '../jwks/options.js'
import { isLoopback } from '../testing/loopback.js'
import type { KeySetFailure } from '../types.js'
import type { Io } from './io.js'

/** Why a key set cannot be fetched: an error, or an event of it. */
export interface FetchFailure {
  readonly reason: KeySetFailure
  readonly status?: number
  readonly code?: string
  /** What came in place of a key set, where that is known. */
  readonly content?: 'html' | 'discovery' | undefined
}

/** Where a key set was asked for: options of `userPool`. */
interface Asked {
  readonly jwksUri?: string | undefined
  readonly issuer?: string | undefined
}

/** Returns what keeps a key set from being fetched, and what to do: in one sentence, for every command that fetches one. */
export function keySetFix(
  { reason, status = 0, code = '', content }: FetchFailure,
  env: Io['env'],
  { jwksUri, issuer }: Asked = {},
): string {
  const url = jwksUri ?? issuer
  const near = url !== undefined && isNear(url) ? nearFix(url, reason, code) : undefined
  if (near !== undefined) return near
  const isUnreached = reason === 'dns' || reason === 'connect' || reason === 'timeout'
  if (isUnreached && (env.HTTPS_PROXY || env.https_proxy)) return usesProxy(env) ? proxyRefuses : unusedProxy
  if (/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) return untimely
  if (content) return contentFixes[content]
  if (url !== undefined && (status === 400 || status === 404)) return jwksUri ? wrongPath : wrongIssuer
  if (url !== undefined && reason === 'dns' && !url.includes('.amazonaws.com')) return wrongHost
  return statusFixes[status] ?? (status === 429 || status >= 500 ? trouble : fixes[reason]) ?? elsewhere
}

/** As {@link keySetFix}, for who pulls a key set: it is no advice to pull one. */
export const pullFix = (...given: Parameters<typeof keySetFix>): string =>
  keySetFix(...given)
    .replace(bundle, 'Or run this command where there is a network.')
    .replace(/(try again later), .*$/, '$1.')

/** Whether a URL is one of this machine, or of a private network: no way out is needed to get there. */
const isNear = (url: string) =>
  isLoopback(url) || (URL.canParse(url) && privateHost.test(new URL(url).hostname))

function nearFix(url: string, reason: KeySetFailure, code: string): string | undefined {
  if (code === 'ECONNREFUSED') return nothingListens
  if (url.startsWith('https:') && plainHttp.test(code)) return speaksHttp
  return nearFixes[reason]
}

/** What OpenSSL calls an answer in plain HTTP. */
const plainHttp = /^EPROTO$|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/

const nothingListens =
  'Nothing listens there: is cognito-guard dev running? Compare host and port with those that it prints.'

const speaksHttp =
  'It speaks http, not https: write http: in the URL, and set insecureLoopbackHttp (for a private host insecureHttpHosts).'

const nearFixes: Partial<Record<KeySetFailure, string>> = {
  dns: 'The name of the host is not found: it is known to the containers of one network only, or misspelled.',
  connect: 'The host is near, but closes the connection: compare port and scheme (http or https) of the URL.',
  timeout: 'The host is near, but does not answer: check that it runs, its port, and its firewall.',
  tls: 'The host has a certificate that Node.js does not trust: give it, or the one that signed it, to Node.js (NODE_EXTRA_CA_CERTS).',
}

const contentFixes = {
  html: 'What answers is HTML, a page and no key set: correct the path of the URL (jwksUri), or let the proxy or portal pass that answers in its place.',
  discovery:
    'What answers is the discovery document, not the key set: set jwksUri to what it has as jwks_uri.',
}

const wrongPath =
  'There is no key set at jwksUri: compare its path, letter by letter, with jwks_uri in the discovery document of the issuer.'

const wrongIssuer =
  'There is no key set at the issuer: compare the option issuer, letter by letter, with the iss of a token; where its keys are elsewhere, set jwksUri.'

const wrongHost = 'The name of the host is not found: correct it in jwksUri, or in the option issuer.'

/** Node.js uses the variable only when it is told to. */
const usesProxy = ({ NODE_USE_ENV_PROXY, NODE_OPTIONS = '' }: Io['env']) =>
  NODE_USE_ENV_PROXY === '1' || NODE_OPTIONS.includes('--use-env-proxy')

const unusedProxy =
  'HTTPS_PROXY is set, but Node.js does not use it: set NODE_USE_ENV_PROXY=1 as well (Node.js 22.21, 24 and later), or give userPool the fetch option.'

const proxyRefuses =
  'The proxy of HTTPS_PROXY does not lead to the host: let it pass cognito-idp.<Region>.amazonaws.com, or correct its address.'

const untimely =
  'The certificate of the host is not valid at the time of this machine: set its clock (NTP); of a proxy that opens TLS, renew it and give it to Node.js (NODE_EXTRA_CA_CERTS).'

const bundle = 'Or bundle the key set: cognito-guard keys pull, where there is a network.'

const noWayOut = `in a VPC it takes a NAT gateway or an endpoint for Cognito, behind a proxy the fetch option. ${bundle}`

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
