import { userPoolPrincipal } from '../../src/issuers/principal.js'
import { isText, isTextList } from '../../src/token/claims.js'
import type { JwtClaims, Principal } from '../../src/types.js'

/** Claims whose groups are ambiguous. */
export interface Ambiguous {
  readonly claims: JwtClaims
}

/** How a gateway passes a list: as it is, as `[a b]` (HTTP APIs), or as `a,b` (REST APIs). */
type ListForm = 'plain' | 'bracketed' | 'joined'

/**
 * Returns the principal of a user pool's claims that a gateway has turned into text.
 *
 * @throws TypeError when they are not those of a user pool
 */
export function principalFromClaims(
  claims: Readonly<Record<string, unknown>>,
  form: ListForm,
): Principal | Ambiguous {
  const { iss, sub, token_use: use, username, 'cognito:username': name } = claims
  const exp = secondsOf(claims.exp)
  const clientId = use === 'access' ? claims.client_id : claims.aud
  const isComplete =
    [iss, sub, clientId].every(isText) &&
    [username, name].every(each => each === undefined || isText(each)) &&
    (use === 'access' || use === 'id') &&
    exp !== undefined
  if (!isComplete) throw new TypeError('principalFromEvent: the claims are not those of a user pool')
  const groups = groupsOf(claims['cognito:groups'], form)
  const read = { ...claims, iss: iss as string, exp, identities: identitiesOf(claims.identities) }
  if (!groups) return { claims: read }
  return userPoolPrincipal({ ...read, 'cognito:groups': Object.freeze(groups) })
}

/**
 * Returns the groups, or `undefined` when they are ambiguous. Names have no white space, but may have commas and brackets
 * (Amazon Cognito User Pools API Reference, "CreateGroup").
 */
function groupsOf(groups: unknown, form: ListForm): readonly string[] | undefined {
  if (groups === undefined || groups === null) return []
  if (form === 'plain') return isTextList(groups) ? [...groups] : undefined
  if (typeof groups !== 'string') return undefined
  if (form === 'joined') return /[,[\]\s]/.test(groups) ? undefined : groups.split(',').filter(Boolean)
  const [, inside] = /^\[(.*)\]$/s.exec(groups) ?? []
  return inside?.split(' ').filter(Boolean)
}

/** Reads a number, the text of one, or a date as Java formats it: `Thu Jul 02 12:39:49 UTC 2026`. */
function secondsOf(exp: unknown): number | undefined {
  if (typeof exp === 'number') return exp
  if (typeof exp !== 'string') return undefined
  if (/^\d{1,12}$/.test(exp)) return Number(exp)
  const [, month, day, time, year] = /^\w{3} (\w{3}) (\d\d) (\d\d:\d\d:\d\d) UTC (\d{4})$/.exec(exp) ?? []
  const seconds = Date.parse(`${day} ${month} ${year} ${time} GMT`) / 1000
  return Number.isNaN(seconds) ? undefined : seconds
}

/** The claim is a list of objects, which gateways pass as JSON at best. */
function identitiesOf(identities: unknown): unknown {
  if (typeof identities !== 'string') return identities
  try {
    return [JSON.parse(identities)].flat()
  } catch {
    return undefined
  }
}
