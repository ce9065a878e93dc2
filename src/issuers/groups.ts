import { refusal } from '../errors.js'
import { isTextList } from '../token/claims.js'
import type { JwtClaims } from '../types.js'

/**
 * Returns the groups in a token's claims, such as `claims => claims.roles`: a list of strings, or `undefined` where there are none.
 * A token for which it returns anything else is refused.
 */
export type GroupsFrom = (claims: JwtClaims) => unknown

/**
 * Returns a reader of groups in a claim that a SAML or OIDC provider filled: `[a, b]` as Cognito maps a list, `["a","b"]`, `a,b`, `a`, or a list.
 * A missing claim, or one of another form, is no groups.
 *
 * The application has to rule out two dangers. Cognito lets users write their own attributes unless the app client forbids it: use
 * this only for an attribute that no app client may write. And a group with a comma in its name counts as two: where others name
 * the groups of the provider, one of them could be called `x, admin`.
 *
 * @param claim such as `'custom:groups'`
 * @throws TypeError without a name
 */
export function groupsFromText(claim: string): (claims: JwtClaims) => readonly string[] {
  if (typeof claim !== 'string' || claim === '')
    throw new TypeError('groupsFromText: expected the name of a claim')
  return claims => groupsIn(claims[claim])
}

/**
 * Returns the groups that `groupsFrom` reads from claims.
 *
 * @throws AuthError `ERR_TOKEN_CLAIM` for anything but a list of strings
 */
export function groupsBy(groupsFrom: GroupsFrom | undefined, claims: JwtClaims): readonly string[] {
  const groups = groupsFrom?.(claims) ?? []
  if (!isTextList(groups)) throw refusal('ERR_TOKEN_CLAIM', groupsHint)
  return groups
}

function groupsIn(value: unknown): readonly string[] {
  if (isTextList(value)) return value
  if (typeof value !== 'string') return []
  const text = value.trim()
  if (text.startsWith('["')) return listIn(text)
  const names = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  return names
    .split(',')
    .map(name => name.trim())
    .filter(Boolean)
}

function listIn(json: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(json)
    return isTextList(value) ? value : []
  } catch {
    return []
  }
}

const groupsHint = 'The option groupsFrom finds something else than a list of strings in the claims.'
