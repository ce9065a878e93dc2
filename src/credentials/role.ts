/**
 * The role that an identity pool chooses. Over 150 lines: a third of it is the types of AWS's configuration.
 *
 * @module
 */
import type { JwtClaims } from '../types.js'

/** The roles of an identity pool, in the form that `GetIdentityPoolRoles` gives and `SetIdentityPoolRoles` takes. */
export interface IdentityPoolRoles {
  /** The roles of signed-in users and of guests. */
  readonly Roles?: { readonly authenticated?: string; readonly unauthenticated?: string } | undefined
  /** By provider: `cognito-idp.<region>.amazonaws.com/<pool ID>:<app client ID>`, or the host of an OIDC provider. */
  readonly RoleMappings?: Readonly<Record<string, RoleMapping>> | undefined
}

/** How the role of one provider's users is chosen. */
export interface RoleMapping {
  /** By the token's own roles, or by rules. */
  readonly Type: 'Token' | 'Rules' | undefined
  /** What happens when no role is chosen. */
  readonly AmbiguousRoleResolution?: 'AuthenticatedRole' | 'Deny' | undefined
  /** The rules, in the order in which they are tried. */
  readonly RulesConfiguration?: { readonly Rules: readonly RoleRule[] | undefined } | undefined
}

/** One rule: a user whose claim has the value gets the role. */
export interface RoleRule {
  /** The claim's name. */
  readonly Claim: string | undefined
  /** How the claim is compared. */
  readonly MatchType: 'Equals' | 'NotEqual' | 'StartsWith' | 'Contains' | undefined
  /** What it is compared with. */
  readonly Value: string | undefined
  /** The role of a user who matches. */
  readonly RoleARN: string | undefined
}

/** The chosen role, if any, and why. */
export interface RoleChoice {
  /** `undefined`: denied. */
  readonly role: string | undefined
  /** Why, for code and tests. */
  readonly reason: RoleReason
  /** The reason in a sentence, with the provider's key or the number of the rule. Holds no data of the user. */
  readonly why: string
}

/** Why a role is chosen or denied. */
export type RoleReason =
  | 'guest'
  | 'guest_denied'
  | 'no_mapping'
  | 'custom_role'
  | 'custom_role_denied'
  | 'preferred_role'
  | 'rule'
  | 'ambiguous'
  | 'ambiguous_denied'
  | 'not_configured'

/**
 * Returns the role that an identity pool would choose for a user or a guest, or that it would deny one, and why.
 * For tests and debugging: it grants nothing, and reads an ID token's verified claims only.
 *
 * Whether a rule matches a claim that is a list is not documented: here it does not.
 *
 * Source: Amazon Cognito Developer Guide, "Using role-based access control", and Federated Identities API Reference, "RoleMapping".
 *
 * @param pool the roles of the pool
 * @param claims of an ID token; `undefined` for a guest
 * @param customRoleArn the requested role, of several that the user may have; ignored where no mapping is set. Default: none
 * @example
 * const { role, why } = chooseRole(await client.send(new GetIdentityPoolRolesCommand({ IdentityPoolId })), claims)
 */
export function chooseRole(
  pool: IdentityPoolRoles,
  claims: JwtClaims | undefined,
  customRoleArn?: string,
): RoleChoice {
  if (!claims) {
    return pool.Roles?.unauthenticated === undefined
      ? denied('guest_denied', 'There is no role for guests.')
      : chosen(pool.Roles.unauthenticated, 'guest', 'This is the role of guests.')
  }
  const provider = providerKey(claims)
  const mapping = pool.RoleMappings?.[provider]
  if (!mapping)
    return byDefault(pool, 'no_mapping', `No role mapping is set for ${provider}: the authenticated role.`)
  return mapping.Type === 'Rules'
    ? byRules(pool, mapping, claims, customRoleArn)
    : byToken(pool, mapping, claims, customRoleArn)
}

/** Returns the provider's key in `RoleMappings`: a user pool with its app client, others by their issuer. */
function providerKey({ iss, aud, token_use }: JwtClaims): string {
  const host = iss.replace('https://', '')
  return token_use === 'id' && typeof aud === 'string' ? `${host}:${aud}` : host
}

function byToken(
  pool: IdentityPoolRoles,
  mapping: RoleMapping,
  claims: JwtClaims,
  customRoleArn: string | undefined,
): RoleChoice {
  const roles = claims['cognito:roles']
  const preferred = claims['cognito:preferred_role']
  if (customRoleArn !== undefined) {
    return Array.isArray(roles) && roles.includes(customRoleArn)
      ? chosen(customRoleArn, 'custom_role', 'The role that is asked for is in cognito:roles.')
      : denied('custom_role_denied', 'The role that is asked for is not in cognito:roles.')
  }
  if (typeof preferred === 'string')
    return chosen(preferred, 'preferred_role', 'This is cognito:preferred_role.')
  return ambiguous(
    pool,
    mapping,
    'The token has no cognito:preferred_role: no group has a role, or several of one precedence have different ones.',
  )
}

function byRules(
  pool: IdentityPoolRoles,
  mapping: RoleMapping,
  claims: JwtClaims,
  customRoleArn: string | undefined,
): RoleChoice {
  const rules = mapping.RulesConfiguration?.Rules ?? []
  const matching = [...rules.entries()].filter(([, rule]) => matches(rule, claims))
  if (customRoleArn !== undefined) {
    const asked = matching.find(([, { RoleARN }]) => RoleARN === customRoleArn)
    return asked
      ? chosen(
          customRoleArn,
          'custom_role',
          `Rule ${asked[0] + 1} matches and has the role that is asked for.`,
        )
      : denied('custom_role_denied', 'No rule that matches has the role that is asked for.')
  }
  const [first] = matching
  if (!first) return ambiguous(pool, mapping, 'No rule matches.')
  const [index, { Claim, MatchType, RoleARN }] = first
  return chosen(RoleARN, 'rule', `Rule ${index + 1} is the first that matches: ${Claim} ${MatchType}.`)
}

/** A missing claim matches no rule, not even `NotEqual`. */
function matches({ Claim = '', MatchType, Value = '' }: RoleRule, claims: JwtClaims): boolean {
  const claim = Object.hasOwn(claims, Claim) ? claims[Claim] : undefined
  if (typeof claim !== 'string' && typeof claim !== 'number' && typeof claim !== 'boolean') return false
  const text = String(claim)
  switch (MatchType) {
    case 'Equals':
      return text === Value
    case 'NotEqual':
      return text !== Value
    case 'StartsWith':
      return text.startsWith(Value)
    default:
      return MatchType === 'Contains' && text.includes(Value)
  }
}

function ambiguous(pool: IdentityPoolRoles, mapping: RoleMapping, why: string): RoleChoice {
  return mapping.AmbiguousRoleResolution === 'AuthenticatedRole'
    ? byDefault(pool, 'ambiguous', `${why} The role mapping says: the authenticated role.`)
    : denied('ambiguous_denied', `${why} The role mapping says: deny.`)
}

function byDefault({ Roles }: IdentityPoolRoles, reason: RoleReason, why: string): RoleChoice {
  return Roles?.authenticated === undefined
    ? denied('not_configured', `${why} There is none.`)
    : chosen(Roles.authenticated, reason, why)
}

const chosen = (role: string | undefined, reason: RoleReason, why: string): RoleChoice => ({
  role,
  reason,
  why,
})
const denied = (reason: RoleReason, why: string): RoleChoice => ({ role: undefined, reason, why })
