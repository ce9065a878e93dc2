// Over 150 lines of which most document public options.

import type { GuardOptions } from '../../src/guard/guard.js'
import { aPolicy, isPolicy, type Policy } from '../../src/guard/policy.js'
import type { UserPoolOptions } from '../../src/issuers/user-pool.js'
import { keyUrl } from '../../src/jwks/options.js'
import {
  aBoolean,
  aFunction,
  anObject,
  aString,
  checkOptions,
  type OptionCheck,
  oneOrMore,
  valuesByName,
} from '../../src/options.js'
import type { VerifierOptions } from '../../src/verifier/verifier.js'

/** The options of {@link mcp}. */
export interface McpOptions
  extends Pick<VerifierOptions, 'clockTolerance' | 'cache' | 'revocations' | 'clock'>,
    Pick<GuardOptions, 'realm' | 'onDecision' | 'explain'> {
  /**
   * The user pool that signs users in. Without `clientId`, any client of it may call, since clients register themselves; with it, those only.
   * Either way a token must be bound to `resource`; a machine's needs one of `machineScope`.
   */
  readonly userPool: McpUserPoolOptions
  /**
   * The public URL of this server, such as `https://api.example.com/mcp`: what clients connect to and tokens are bound to, and the identifier of a
   * resource server of the pool. Never taken from a request. An `https:` URL without query and fragment, or `http:` on loopback.
   */
  readonly resource: string
  /**
   * The scopes that every request needs. Clients ask for these first; a tool may need more, see `tools`. Default: none.
   */
  readonly scopes?: readonly string[]
  /** The policy for every request, besides `scopes`. Default: any verified token of the pool. */
  readonly policy?: Policy
  /**
   * The policies of tools, by their exact names, such as `{ delete_note: hasScope('https://api.example.com/mcp/write') }`. `'*'` is for tools
   * that are not listed. Default: tools need what every request needs.
   */
  readonly tools?: Readonly<Record<string, Policy>>
  /**
   * Whether the server behind refuses a request whose `Mcp-Method` and `Mcp-Name` headers are not those of its body, as that of SDK v2 does. They
   * then decide for requests of protocol revision 2026-07-28 and later, and the body is not read. Default `false`: the body decides.
   */
  readonly serverChecksHeaders?: boolean
  /** Shown to users by clients (`resource_name`). Default: none. */
  readonly name?: string
  /** The URL of documentation for developers (`resource_documentation`). Default: none. */
  readonly documentation?: string
  /** The origins of browser clients besides the server's own, such as `http://localhost:6274`. Requests of others are 403. Default: none. */
  readonly allowedOrigins?: readonly string[]
  /**
   * Whether `authInfo.token` is the token. A server must not pass it on to other APIs (MCP, "Access Token Privilege Restriction"). Default
   * `false`: it is empty.
   */
  readonly exposeToken?: boolean
  /** Called once with what is wrong with the way a Lambda function is reached. Default: a process warning. */
  readonly onWarning?: (message: string) => void
  /** An authorization server's metadata and registration at this server's origin, for clients that cannot use Cognito's. Default: none. */
  readonly bridge?: McpBridge
}

/** Options of `userPool` that say which pool it is and how its keys are fetched. */
export type McpUserPoolOptions = Omit<UserPoolOptions, (typeof fixedOptions)[number] | 'claims'>

/**
 * What stands in for an authorization server where Cognito's own metadata lacks `code_challenge_methods_supported` or registration. Holds no
 * state and no secret. All clients that register get the same app client.
 */
export interface McpBridge {
  /** The URL of the pool's domain, such as `https://auth.example.com`. */
  readonly domain: string
  /** The public app client (without a secret) that everybody who registers gets. */
  readonly clientId: string
  /** The redirect URIs of that app client. A registration with any other is refused. */
  readonly redirectUris: readonly string[]
}

/** @throws TypeError naming the option */
export function checkMcpOptions(options: McpOptions): void {
  checkOptions('mcp', options, checks)
  const { userPool, tools = {}, bridge } = options
  const fixed = fixedOptions.find(name => Object.hasOwn(userPool, name))
  if (fixed)
    throw new TypeError(`mcp: userPool.${fixed} cannot be set: access tokens must be bound to resource`)
  for (const [name, policy] of Object.entries(tools))
    if (!isPolicy(policy)) throw new TypeError(`mcp: tools.${name} is not a policy`)
  if (bridge) checkOptions('mcp: bridge', bridge, bridgeChecks)
}

const fixedOptions = [
  'resource',
  'anyClient',
  'requireResource',
  'tokenUse',
  'insecureSkipClientCheck',
] as const

const aPublicUrl: OptionCheck = value =>
  keyUrl({ insecureLoopbackHttp: true })(value) ||
  !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(String(value)) ||
  String(value).includes('?')
    ? 'must be an https URL without credentials, query and fragment (http only for a loopback host)'
    : undefined

const aUrl: OptionCheck = value =>
  typeof value === 'string' && URL.canParse(value) ? undefined : 'must be a URL'

const anOriginOnly: OptionCheck = value =>
  typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value
    ? undefined
    : 'must be an origin, such as https://app.example.com'

const aList =
  (check: OptionCheck): OptionCheck =>
  value =>
    Array.isArray(value) ? oneOrMore(check)(value) : 'must be a list'

/** Clients ask for all of these, and Cognito has no `offline_access`: it answers `invalid_scope`. */
const aScope: OptionCheck = value => {
  if (value === 'offline_access') return 'Cognito does not know: offline_access'
  return typeof value === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value)
    ? undefined
    : 'must be a scope, without spaces and quotes'
}

const checks = {
  userPool: anObject,
  resource: aPublicUrl,
  'scopes?': aList(aScope),
  'policy?': aPolicy,
  'tools?': valuesByName,
  'serverChecksHeaders?': aBoolean,
  'name?': aString,
  'documentation?': aUrl,
  'allowedOrigins?': aList(anOriginOnly),
  'exposeToken?': aBoolean,
  'onWarning?': aFunction,
  'bridge?': anObject,
  'realm?': aString,
  'onDecision?': aFunction,
  'explain?': aBoolean,
  'clockTolerance?': passedOn(),
  'cache?': passedOn(),
  'revocations?': passedOn(),
  'clock?': passedOn(),
}

/** The factory that it is passed on to checks it. */
function passedOn(): OptionCheck {
  return () => undefined
}

const bridgeChecks = {
  domain: (value: unknown) => aPublicUrl(value) ?? anOriginOnly(value),
  clientId: aString,
  redirectUris: aList(aUrl),
}
