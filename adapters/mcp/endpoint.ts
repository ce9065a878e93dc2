import { refusal } from '../../src/errors.js'
import { createGuard } from '../../src/guard/guard.js'
import { authorization, namedSource } from '../../src/guard/hints.js'
import { every, hasScope, type Policy } from '../../src/guard/policy.js'
import { bearer, type TokenSource } from '../../src/guard/token-source.js'
import { userPool } from '../../src/issuers/user-pool.js'
import type { AccessTokenClaims } from '../../src/issuers/user-pool-claims.js'
import { andThen } from '../../src/maybe-promise.js'
import type { MaybePromise, RequestView, VerifiedToken } from '../../src/types.js'
import { createVerifier, type VerifierOptions } from '../../src/verifier/verifier.js'
import { type Answer, preflight, rpcError } from './answer.js'
import { authInfoOf, type McpAuthInfo } from './auth-info.js'
import { checkMcpOptions, type McpOptions } from './options.js'
import { toolPolicies } from './tool-policies.js'
import { metadataUrl, type ReadBody, wellKnown } from './well-known.js'

/** A caller that is let through. */
export interface Admission {
  /** The verified token. */
  readonly auth: VerifiedToken<AccessTokenClaims>
  /** The same for tools. */
  readonly authInfo: McpAuthInfo
}

/** What to do with a request: answer it, or let the server do so. `headers` go with whatever answer it gets. */
export interface Outcome {
  readonly headers: Readonly<Record<string, string>>
  readonly answer?: Answer
  readonly admission?: Admission
}

/** Decides on a request to an MCP server. Reads the body only of an authorized request whose tool it has to know, and of a registration. */
export type Endpoint = (request: RequestView, readBody: ReadBody) => MaybePromise<Outcome>

/**
 * Returns what every adapter of an MCP server asks: the public routes, then the origin, then the guard with the policy of the tool.
 *
 * @throws TypeError for a wrong option, naming it
 */
export function createEndpoint(options: McpOptions): Endpoint {
  // Over 40 lines: the parts of one configuration, and the order of the checks.
  checkMcpOptions(options)
  const { resource, exposeToken = false, allowedOrigins = [] } = options
  const resources = spellingsOf(resource)
  const { clientId, ...ofPool } = options.userPool
  const pool = userPool({
    ...ofPool,
    resource: resources,
    ...(clientId === undefined ? { anyClient: true } : { clientId, requireResource: true }),
  })
  const guard = createGuard({
    ...chosen(options, ['realm', 'onDecision', 'explain']),
    verifier: createVerifier({
      ...(chosen(options, ['clockTolerance', 'cache', 'revocations', 'clock']) as Omit<
        VerifierOptions,
        'issuers'
      >),
      issuers: [pool],
    }),
    token: headerOnly,
    resourceMetadata: metadataUrl(resource),
    ...generalPolicy(options),
  })
  const publicAnswer = wellKnown(options, pool.issuers[0] as string)
  const policyFor = toolPolicies(options)
  const origins = [new URL(resource).origin, ...allowedOrigins]

  return (request, readBody) =>
    andThen(publicAnswer(request, readBody), known => {
      if (known) return { headers: {}, answer: known }
      const origin = request.header('origin')
      if (origin !== undefined && !origins.includes(origin as string)) return foreign
      const headers = origin === undefined ? {} : corsOf(origin as string)
      if (origin !== undefined && isPreflight(request))
        return { headers: {}, answer: preflight(origin as string, 'GET, POST, DELETE') }
      const { policy, problem } = policyFor(request, readBody)
      return andThen(guard(request, ...policy), (decision): Outcome => {
        if (!decision.authorized)
          return { headers, answer: { ...decision, body: JSON.stringify(decision.body) } }
        const answer = problem()
        if (answer) return { headers, answer }
        const token = exposeToken ? (headerOnly(request) as string) : ''
        return {
          headers,
          admission: { auth: decision.auth, authInfo: authInfoOf(decision.auth, resources, token) },
        }
      })
    })
}

/** A resource without a path has two spellings: clients that make a `URL` of it add a slash (RFC 3986 section 6.2.3). */
const spellingsOf = (resource: string): readonly string[] =>
  new URL(resource).pathname === '/'
    ? [resource.replace(/\/$/, ''), resource.replace(/\/?$/, '/')]
    : [resource]

/** A token in the query is refused even beside a good header: it is in the logs already (MCP, "Access Token Usage"). */
const headerOnly: TokenSource = /* @__PURE__ */ namedSource(authorization, request => {
  const query = String(request.url).replace(/^[^?]*/, '')
  if (new URLSearchParams(query).has('access_token')) throw refusal('ERR_REQUEST_INVALID', queryHint)
  return bearerToken(request)
})

function generalPolicy({ scopes, policy }: McpOptions): { policy?: Policy } {
  const parts = [
    ...(scopes ? [hasScope(...(scopes as [string, ...string[]]))] : []),
    ...(policy ? [policy] : []),
  ]
  return parts.length > 0 ? { policy: every(...parts) } : {}
}

const chosen = <K extends keyof McpOptions>(options: McpOptions, names: readonly K[]) =>
  Object.fromEntries(
    names.filter(name => options[name] !== undefined).map(name => [name, options[name]]),
  ) as { [N in K]?: Exclude<McpOptions[N], undefined> }

const corsOf = (origin: string) => ({
  'Access-Control-Allow-Origin': origin,
  'Access-Control-Expose-Headers': 'WWW-Authenticate, Retry-After, Mcp-Session-Id',
})

const isPreflight = ({ method, header }: RequestView) =>
  method === 'OPTIONS' && header('access-control-request-method') !== undefined

const bearerToken = bearer()

const foreign: Outcome = { headers: {}, answer: rpcError(403, -32_000, 'The origin is not allowed') }

const queryHint = 'An MCP server takes the token in the Authorization header only, never in the URL.'
