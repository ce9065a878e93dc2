import { members } from '../aws.js'
import type { UserClaims } from '../types.js'

/** What a pre token generation trigger, or the file in its place, changes about one kind of token. */
export interface Overrides {
  readonly add: Readonly<Record<string, unknown>>
  readonly suppress: readonly string[]
}

type Kind = keyof UserClaims

/** The claims as a trigger changes them: it adds first, then suppresses. What Cognito lets no trigger change stays. */
export function overridden(
  kind: Kind,
  claims: Readonly<Record<string, unknown>>,
  { add, suppress }: Overrides,
  clientId: string,
): Record<string, unknown> {
  const added = Object.entries(add).filter(
    ([name, value]) =>
      isOpenClaim(kind, name) || (kind === 'access' && name === 'aud' && value === clientId && !claims.aud),
  )
  const all: Record<string, unknown> = { ...claims, ...Object.fromEntries(added) }
  for (const name of suppress)
    if (isOpenClaim(kind, name) || name.startsWith('dev:')) delete all[name]
    else if (name === 'cognito:groups') for (const each of groupClaims) delete all[each]
  return all
}

/** Whether a trigger may set a claim (Pre token generation Lambda trigger, Amazon Cognito Developer Guide). */
export const isOpenClaim = (kind: Kind, name: string): boolean =>
  !/^(cognito|dev):/.test(name) && !fixed.has(name) && !(kind === 'access' && name === 'scope')

/** Scopes as a trigger changes them. One with a space would be two. */
export function overriddenScopes(
  scopes: readonly string[],
  { add, suppress }: { readonly add: readonly string[]; readonly suppress: readonly string[] },
): string[] {
  const all = new Set([...scopes, ...add.filter(scope => !/\s/.test(scope))])
  for (const scope of suppress) all.delete(scope)
  return [...all]
}

/** The part of a trigger's answer for one kind of token, empty where it says nothing. */
export function overridesIn(answer: unknown): Overrides & {
  readonly scopes: { readonly add: readonly string[]; readonly suppress: readonly string[] }
} {
  const { claimsToAddOrOverride, claimsToSuppress, scopesToAdd, scopesToSuppress } = members(answer)
  return {
    add: members(claimsToAddOrOverride),
    suppress: textsIn(claimsToSuppress),
    scopes: { add: textsIn(scopesToAdd), suppress: textsIn(scopesToSuppress) },
  }
}

/** The texts of a list, and none of anything else. */
export const textsIn = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter(each => typeof each === 'string') : []

const groupClaims = ['cognito:groups', 'cognito:roles', 'cognito:preferred_role']

const fixed: ReadonlySet<string> = new Set(
  'acr amr at_hash aud auth_time azp exp iat iss jti nbf nonce origin_jti token_use sub client_id event_id device_key version username identities'.split(
    ' ',
  ),
)
