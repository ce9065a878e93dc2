import type { AuthError, AuthErrorCode } from '../../errors.js'
import { type UserPoolOptions, userPool } from '../../issuers/user-pool.js'
import type { TokenUse } from '../../issuers/user-pool-claims.js'
import type { JwtClaims } from '../../types.js'
import { type CheckContext, check, unreadable } from './checks.js'
import type { Decoded } from './decode.js'
import { refusalOf } from './outcome.js'
import type { Show } from './show.js'
import type { Check } from './types.js'

/**
 * Returns the checks of a user pool, in its order. Each is made by `userPool` itself, with the checks before it switched off by its options,
 * so that a later one shows although an earlier one fails.
 */
export function poolChecks(
  { claims }: Decoded,
  options: UserPoolOptions<TokenUse> | undefined,
  { show }: CheckContext,
): Check[] {
  // Over 40 lines: a flat list of checks, each with its texts.
  const { token_use: use, client_id: clientId, aud } = claims ?? {}
  const refusals = options && claims && refusalsOf(options, claims as unknown as JwtClaims)
  const passes = (step: Step) => refusals && isPassed(refusals[step], codes[step])
  const actual = (text: string) => (claims ? text : unreadable)
  const client = use === 'id' ? aud : clientId
  return [
    check(
      'token use',
      passes('use'),
      options ? `token_use ${either(options.tokenUse ?? 'access', String)}` : unconfigured,
      actual(use === 'access' || use === 'id' ? use : show(use)),
      codes.use,
      use === 'id' || use === 'access' ? useFixes[use] : refusals?.use?.hint,
    ),
    check(
      'client',
      passes('client'),
      options ? `${use === 'id' ? 'aud' : 'client_id'} ${expectedClient(options, show)}` : unconfigured,
      actual(show(client)),
      codes.client,
      `The token was issued to the app client ${show(client)}: add that to clientId if it may call this API, else sign in through one that may.`,
    ),
    check(
      'audience',
      passes('audience'),
      options ? expectedAudience(options, show) : unconfigured,
      actual(use === 'id' ? 'its client' : show(aud)),
      codes.audience,
      aud === undefined
        ? 'The token is bound to no resource: ask for one with the parameter resource at /oauth2/authorize. Machines cannot: name a scope of theirs in machineScope.'
        : `The token is for another resource: if ${show(aud)} is this API, name it in the option resource; else ask for a token for this API.`,
    ),
    check(
      'claims of a user pool',
      passes('types'),
      'sub, scope, username, origin_jti texts; cognito:groups a list of texts; identities a list; sub is there',
      refusals ? (refusals.types ? 'not so' : 'as expected') : 'not checked',
      codes.types,
    ),
  ]
}

/** The errors that the pool refuses the claims with, its earlier checks switched off one by one. */
function refusalsOf(
  options: UserPoolOptions<TokenUse>,
  claims: JwtClaims,
): Record<Step, AuthError | undefined> {
  // Without keys: none is needed here, and importing one takes longer than all the rest.
  const keyless = { ...options, jwks: undefined, offline: false }
  const ofAnyUse = { ...withoutAnyClient(keyless), tokenUse: ['access', 'id'] as const }
  const ofAnyClient = { ...ofAnyUse, insecureSkipClientCheck: true }
  const ofAnyResource = { ...ofAnyClient, requireResource: false, machineScope: undefined }
  const refusal = (pool: object, of = claims) =>
    refusalOf(() => userPool(pool as UserPoolOptions<TokenUse>).validate({ alg: 'RS256' }, of))
  const unbound = claims.token_use === 'access' ? { ...claims, aud: undefined } : claims
  return {
    use: refusal(keyless),
    client: refusal(ofAnyUse),
    audience: refusal(ofAnyClient),
    types: refusal(ofAnyResource, unbound),
  }
}

/** The same pool in options that later checks can be told apart by: `anyClient` checks client, use and resource in one. */
function withoutAnyClient({ anyClient, ...options }: { readonly anyClient?: boolean }): object {
  return anyClient ? { ...options, insecureSkipClientCheck: true, requireResource: true } : options
}

/** A refusal by an earlier check leaves this one open; one by a later check means that this one has passed. */
function isPassed(refusal: AuthError | undefined, own: AuthErrorCode): boolean | undefined {
  if (!refusal) return true
  const lead = order.indexOf(refusal.code) - order.indexOf(own)
  return lead < 0 ? undefined : lead > 0
}

type Step = keyof typeof codes

/** In the order of `userPool`. */
const codes = {
  use: 'ERR_TOKEN_USE',
  client: 'ERR_TOKEN_CLIENT',
  audience: 'ERR_TOKEN_AUDIENCE',
  types: 'ERR_TOKEN_CLAIM',
} as const

const useFixes = {
  id: 'This is an ID token; this API accepts access tokens: send the one that came with it. Amplify: (await fetchAuthSession()).tokens.accessToken.',
  access:
    'This is an access token; this API accepts ID tokens: send the one that came with it. Amplify: (await fetchAuthSession()).tokens.idToken.',
}

const order: readonly AuthErrorCode[] = Object.values(codes)

export const either = (values: unknown, show: Show) => [values].flat().map(show).join(' or ')

const expectedClient = (
  { clientId, anyClient, insecureSkipClientCheck }: UserPoolOptions<TokenUse>,
  show: Show,
) => (anyClient || insecureSkipClientCheck ? 'any app client' : either(clientId, show))

function expectedAudience(options: UserPoolOptions<TokenUse>, show: Show): string {
  const { resource, requireResource, anyClient, machineScope } = options
  const named = resource === undefined ? '' : `aud ${either(resource, show)}`
  const machines = machineScope === undefined ? '' : `of a machine: scope ${either(machineScope, show)}`
  const unbound = requireResource || anyClient ? machines : 'no aud, or the client as aud'
  return [named, unbound].filter(Boolean).join('; ')
}

export const unconfigured = 'not configured: give --user-pool-id and --client-id'
