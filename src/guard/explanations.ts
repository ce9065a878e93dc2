import type { Explanation } from './hints.js'

/** Returns why a token has none of these groups. */
export const lacksGroup =
  (any: readonly string[]): Explanation =>
  ({ principal: { groups, kind } }) => {
    if (kind === 'machine')
      return 'A machine (client credentials) is in no group: authorize it by a scope (hasScope), or sign in a user.'
    return groups.some(group => any.some(name => isRespelt(group, name)))
      ? 'The user is in a group whose name differs in case or blanks only: make the policy and the user pool spell it alike, letter by letter.'
      : 'The user is in none of the groups that the policy names: add the user to one, then refresh the session, since a token keeps the groups of its issue.'
  }

/** Returns why a token lacks one of these scopes. */
export const lacksScope =
  (all: readonly string[]): Explanation =>
  ({ principal: { scopes, tokenUse, kind } }) => {
    if (tokenUse === 'id') return 'An ID token has no scopes: send the access token that came with it.'
    const missing = all.filter(scope => !scopes.includes(scope))
    if (scopes.some(scope => missing.some(name => isRespelt(scope, name) || scope.endsWith(`/${name}`))))
      return 'The token has such a scope, spelled otherwise: name it in the policy as Cognito does, <identifier of the resource server>/<name>, letter by letter.'
    if (kind === 'user' && scopes.join() === 'aws.cognito.signin.user.admin')
      return 'A sign-in by SDK gives only the scope aws.cognito.signin.user.admin: use managed login, or add the scope by a pre token generation trigger.'
    return kind === 'machine'
      ? 'The token lacks a scope that the challenge names: allow it for the app client, and ask for it at /oauth2/token.'
      : 'The token lacks a scope that the challenge names: allow it for the app client, and ask for it at /oauth2/authorize.'
  }

export const isNoUser: Explanation = ({ principal: { kind } }) =>
  kind === 'machine'
    ? 'This is the token of a machine (client credentials), and the policy wants a user: sign in a user, or permit machines with isMachine.'
    : 'This is the token of a guest, and the policy wants a user: sign in.'

export const isNoMachine: Explanation = ({ principal: { kind } }) =>
  kind === 'user'
    ? 'This is the token of a user, and the policy wants a machine: ask for one at /oauth2/token with client credentials, or permit users with isUser.'
    : 'This is the token of a guest, and the policy wants a machine: ask for one at /oauth2/token with client credentials.'

export const isNoRead: Explanation = () =>
  'The policy permits GET, HEAD and OPTIONS only: what changes something needs a route with another policy.'

export const isOfOtherProvider: Explanation = ({ principal: { tokenUse, provider } }) =>
  tokenUse === 'access'
    ? 'An access token does not name the provider of its user: send the ID token to this route, and accept it with tokenUse.'
    : provider
      ? 'The user was first linked to another identity provider than the one that the policy names: sign in with a user of that one.'
      : 'The user has signed in without an identity provider: sign in through the one that the policy names.'

export const signedInBefore: Explanation = ({ claims }) =>
  claims.auth_time === undefined
    ? 'The token does not say when its user signed in (auth_time), as that of a machine does not: send the token of a sign-in.'
    : 'The sign-in is too old for this route: sign in again as the challenge says (max_age); to refresh the session does not help.'

export const issuedBefore: Explanation = () =>
  'The token was issued too long ago for this route: refresh the session, or sign in again, and send the new token.'

export const isOfOtherAssurance: Explanation = ({ claims }) =>
  claims.acr === undefined
    ? 'The token does not say how its user signed in (acr), so that no assurance is reached: let the user pool issue that claim.'
    : 'The sign-in is too weak for this route: sign in again as the challenge says (acr_values).'

const isRespelt = (one: string, other: string) => one.trim().toLowerCase() === other.trim().toLowerCase()
