// Over 150 lines: three quarters of it are the texts of options.
import {
  aBoolean,
  aClock,
  aFunction,
  aName,
  aString,
  type OptionCheck,
  type OptionChecks,
  oneOrMore,
  seconds,
} from '../options.js'
import type { Clock } from '../types.js'
import type { KeySetEvent } from './events.js'
import { isKeySet } from './key-set.js'
import type { Fetch } from './request.js'

/** The options for the keys of an issuer. Every issuer factory takes them beside its own. */
export interface KeyOptions {
  /**
   * What the issuer is called in events, metrics and `health()`: 1 to 64 printable ASCII characters. Give one where there are several of a
   * kind. Default: the function that makes it, such as `'userPool'`.
   */
  readonly name?: string
  /**
   * Fetches the keys in place of node:https (on Node.js) or the global `fetch` (elsewhere): for a proxy, a VPC endpoint, a test.
   * It must honour `redirect: 'manual'` and `signal`.
   */
  readonly fetch?: Fetch
  /**
   * Called with what happens to the keys, as a closed set of events: no token, key ID or URL is in them. The channel `cognito-guard:keys`
   * of `node:diagnostics_channel` gets the same ones, of all issuers.
   * What it throws is ignored. Default none.
   */
  readonly onEvent?: (event: KeySetEvent) => void
  /** Seconds after which keys are fetched again, in the background. A `Cache-Control: max-age` only shortens it, to 60 at least. Default 300. */
  readonly refreshAfter?: number
  /** Seconds for which keys are used while they cannot be fetched again. At least twice `refreshAfter`. Default 86,400: a day. */
  readonly maxAge?: number
  /** Seconds that a fetch may take in all, with its second request and its body. Default 4. */
  readonly fetchTimeout?: number
  /** Accepts `http:` for loopback hosts: 127.0.0.0/8, [::1], localhost and names below it (RFC 6761 section 6.3). For tests. Default `false`. */
  readonly insecureLoopbackHttp?: boolean
  /**
   * Accepts `http:` for these host names too, exactly: for a local Cognito in another container, such as `['cognito']` or
   * `['host.docker.internal']`. Names without a dot, under `.internal`, `.local` or `.test`, and private IPv4 addresses; a public host is refused,
   * since anybody on the way could replace its keys. For development: with `NODE_ENV=production` it is refused too, so that it cannot be
   * left in by mistake. Default none.
   */
  readonly insecureHttpHosts?: string | readonly string[]
  /** A clock that is never set back, in milliseconds, for the age of keys. Default `performance`. */
  readonly monotonic?: Clock
}

/** The options for a key set (JWKS). */
export interface KeySetOptions extends KeyOptions {
  /**
   * A key set that was bundled at build time or read at start-up: `{ keys: [...] }`. It is used at once, refreshed in the background on
   * first use, and serves as the outage fallback for `maxAge` from then on. Default none.
   */
  readonly jwks?: { readonly keys: readonly unknown[] }
  /** Accepts the keys of `cognito-guard/testing`, whose private halves are public. For tests. Default `false`. */
  readonly insecureTestKeys?: boolean
  /** Never fetches: the keys are those of `jwks`, for as long as the process runs. Makes `jwks` required. Default `false`. */
  readonly offline?: boolean
}

/** {@link KeyOptions} with their defaults, in milliseconds. */
export interface Timing {
  /** From this age on a refresh runs in the background. */
  readonly softAge: number
  /** From this age on a caller waits for the refresh, once, and gets the old keys if it fails. */
  readonly blockingAge: number
  /** From this age on the old keys are not used. */
  readonly hardAge: number
  readonly deadline: number
  readonly hedgeDelay: number
}

/**
 * Returns the times of a set of options.
 *
 * @throws TypeError when they contradict each other
 */
export function timing(factory: string, options: KeyOptions): Timing {
  const { refreshAfter = 300, maxAge = 86_400, fetchTimeout = 4 } = options
  if (maxAge < 2 * refreshAfter) throw new TypeError(`${factory}: maxAge must be at least twice refreshAfter`)
  return {
    softAge: refreshAfter * 1_000,
    blockingAge: 2 * refreshAfter * 1_000,
    hardAge: maxAge * 1_000,
    deadline: fetchTimeout * 1_000,
    hedgeDelay: fetchTimeout * 375,
  }
}

/** Checks a URL to fetch keys from: https, without credentials; http where loopback or the host is allowed by name. */
export const keyUrl =
  ({ insecureLoopbackHttp, insecureHttpHosts }: KeyOptions = {}): OptionCheck =>
  value => {
    if (typeof value !== 'string' || !URL.canParse(value)) return 'must be a URL'
    if (/\s/.test(value)) return 'must be a URL: it has blanks or a line break in it; trim it'
    const { protocol, hostname, username, password, hash } = new URL(value)
    if (username || password || hash) return 'must be a URL without credentials and fragment'
    if (protocol === 'https:') return undefined
    return protocol === 'http:' &&
      ((insecureLoopbackHttp === true && loopback.test(hostname)) ||
        [insecureHttpHosts].flat().includes(hostname))
      ? undefined
      : 'must be an https URL, or one of http that insecureLoopbackHttp or insecureHttpHosts allows'
  }

/** Checks the `iss` of an issuer: a URL where keys are asked for there, else any text, which is compared and nothing more. */
export const anIssuer = (
  options: KeySetOptions & { readonly jwksUri?: unknown },
  aUrl: OptionCheck = keyUrl(options),
): OptionCheck =>
  options.jwksUri !== undefined || (options.jwks && options.offline === true) ? aString : aUrl

/** Of hosts as URLs have them, which is in small letters, and each IPv4 address in one spelling. */
const loopback = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|(?:[^.]+\.)*localhost\.?)$/

/** Of hosts that are none of the public network: of containers, clusters, emulators (RFC 1918). They are compared with what `URL` makes of a host. */
export const privateHost =
  /^[a-z\d_-]+$|\.(?:internal|local|test)$|^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.[\d.]+$/

const aPrivateHost: OptionCheck = value =>
  typeof value === 'string' && privateHost.test(value) && globalThis.process?.env?.NODE_ENV !== 'production'
    ? undefined
    : 'must be a private host name, and NODE_ENV not production'

/** The checks of {@link KeyOptions}, to be merged into those of a factory. */
export const keyOptionChecks = {
  'name?': aName,
  'fetch?': aFunction,
  'onEvent?': aFunction,
  'refreshAfter?': seconds(1, 86_400),
  'maxAge?': seconds(1, 2_592_000),
  'fetchTimeout?': seconds(0.01, 60),
  'insecureLoopbackHttp?': aBoolean,
  'insecureHttpHosts?': oneOrMore(aPrivateHost),
  'monotonic?': aClock,
} as const satisfies OptionChecks

/** The checks of {@link KeySetOptions}, to be merged into those of a factory. */
export const keySetOptionChecks = {
  ...keyOptionChecks,
  'jwks?': (value: unknown) =>
    isKeySet(value) ? undefined : 'must be an object with a list "keys" of at most 100 entries',
  'offline?': aBoolean,
  'insecureTestKeys?': aBoolean,
} as const satisfies OptionChecks
