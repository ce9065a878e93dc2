import { userPoolPrincipal } from '../../src/issuers/principal.js'
import { isText, isTextList } from '../../src/token/claims.js'
import type { JwtClaims, Principal } from '../../src/types.js'

/** Claims whose groups are ambiguous. */
export interface Ambiguous {
  readonly claims: JwtClaims
}

/** How a gateway makes text of a list: not at all, as `[a b]` (HTTP APIs), or as `a,b` (REST APIs). */
type ListForm = 'plain' | 'bracketed' | 'joined'

/**
 * Returns the principal of a user pool's claims, whether a gateway has turned them into text or passes them with their types.
 *
 * @throws TypeError naming the claim for which they are not those of a user pool
 */
export function principalFromClaims(
  given: Readonly<Record<string, unknown>> | null | undefined,
  form: ListForm,
): Principal | Ambiguous {
  if (typeof given !== 'object' || given === null)
    throw new TypeError('principalFromEvent: the authorizer of the event has no claims')
  const use = given.token_use
  const exp = secondsOf(given.exp)
  const areRight: Readonly<Record<string, boolean>> = {
    token_use: use === 'access' || use === 'id',
    iss: isText(given.iss),
    sub: isText(given.sub),
    [use === 'id' ? 'aud' : 'client_id']: isText(use === 'id' ? given.aud : given.client_id),
    username: given.username === undefined || isText(given.username),
    'cognito:username': given['cognito:username'] === undefined || isText(given['cognito:username']),
    exp: exp !== undefined,
    'cognito:groups': isGroups(given['cognito:groups']),
  }
  const wrong = Object.keys(areRight).find(name => !areRight[name])
  if (wrong)
    throw new TypeError(`principalFromEvent: the claim ${wrong} is not as in a user pool's tokens${instead}`)
  const groups = groupsOf(given['cognito:groups'], form)
  const read = {
    ...given,
    iss: given.iss as string,
    exp: exp as number,
    identities: identitiesOf(given.identities),
  }
  if (!groups) return { claims: read }
  return userPoolPrincipal({ ...read, 'cognito:groups': Object.freeze(groups) })
}

/**
 * Returns the groups, or `undefined` when they are ambiguous. A list is not: emulators and the JWT authorizers of REST APIs pass one.
 * Names have no white space, but may have commas and brackets (Amazon Cognito User Pools API Reference, "CreateGroup").
 */
function groupsOf(groups: unknown, form: ListForm): readonly string[] | undefined {
  if (isTextList(groups)) return [...groups]
  if (typeof groups !== 'string') return []
  if (form === 'plain') return undefined
  if (form === 'joined') return /[,[\]\s]/.test(groups) ? undefined : groups.split(',').filter(Boolean)
  const [, inside] = /^\[(.*)\]$/s.exec(groups) ?? []
  return inside?.split(' ').filter(Boolean)
}

const isGroups = (groups: unknown) =>
  groups === undefined || groups === null || typeof groups === 'string' || isTextList(groups)

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

const instead =
  ': where tokens are of another issuer, verify them in the function, with protect and a guard that trusts it (oidcProvider)'
