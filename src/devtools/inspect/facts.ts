import { isTextList } from '../../token/claims.js'
import type { CheckContext } from './checks.js'
import { type Decoded, textOf } from './decode.js'
import type { Input } from './header-input.js'
import { millisecondsIn } from './milliseconds.js'
import { moment } from './show.js'
import type { Fact, Finding } from './types.js'

/** Returns the claims on who and what a token speaks for, unverified. */
export function factsOf({ header, claims }: Decoded, { show, now, redact }: CheckContext): Fact[] {
  const values = { ...claims, signer: header?.signer } as Record<string, unknown>
  const said: Fact[] = names.flatMap(([name, claim]) =>
    values[claim] === undefined ? [] : [{ name, value: show(values[claim]) }],
  )
  const { auth_time: signedIn, identities } = values
  if (typeof signedIn === 'number') said.push({ name: 'signed in', value: moment(signedIn, now, redact) })
  const { providerName, providerType } = Object([identities].flat()[0]) as Record<string, unknown>
  if (providerType !== undefined)
    said.push({ name: 'through', value: `${show(providerName)}, of type ${show(providerType)}` })
  return said
}

/** Returns remarks on a token that are no reason to refuse it. */
export function findingsOf(token: string, { header, claims }: Decoded, { findings }: Input): Finding[] {
  const brought = ['jwk', 'jku', 'x5u', 'x5c'].filter(name => header && Object.hasOwn(header, name))
  return [
    ...(token.length > 4_000
      ? [
          {
            what: `The token has ${token.length} characters: a cookie holds 4096 with its name, and many servers 8192 for all headers.`,
            fix: 'Put less into it: fewer groups, fewer claims from a trigger.',
          },
        ]
      : []),
    ...(brought.length > 0
      ? [
          {
            what: `The header brings along ${brought.join(', ')}. Nothing there is looked at: a key comes from the issuer alone.`,
            fix: 'Cognito sends kid and alg and nothing else: somebody else has made this token.',
          },
        ]
      : []),
    ...(isTextList(claims?.amr) && claims.amr.includes('unauthenticated')
      ? [
          {
            what: 'It is the token of a guest: nobody has signed in.',
            fix: 'A guard lets guests in only where a policy names them (isGuest).',
          },
        ]
      : []),
    ...(claims?.scope === 'aws.cognito.signin.user.admin'
      ? [
          {
            what: 'The user signed in by SDK (InitiateAuth): such a token has the scope aws.cognito.signin.user.admin and no other.',
            fix: 'For scopes of an API, sign in through managed login (/oauth2/authorize) and ask for them, or use groups in the policy.',
          },
        ]
      : []),
    ...millisecondsIn(claims),
    ...findings,
  ]
}

/** Returns the next steps where nothing is configured yet. */
export function configurationIn({ claims }: Decoded, { redact }: CheckContext): Finding[] {
  const { iss, token_use: use, client_id: clientId, aud } = claims ?? {}
  const [, poolId] = poolIssuer.exec(textOf(iss)) ?? []
  const client = textOf(use === 'id' ? aud : clientId)
  if (redact || !poolId || !/^[\w+]+$/.test(client)) return []
  return [
    {
      what: 'Nothing is configured: the token is compared with nothing.',
      fix: `Give what your API is configured with. If the token is right about itself, that is --user-pool-id ${poolId} --client-id ${client}${use === 'id' ? ' --token-use id' : ''}; anybody can write that into a token.`,
    },
  ]
}

/** The issuers of user pools, with the pool ID. */
export const poolIssuer =
  /^https:\/\/(?:issuer-)?cognito-idp\.[a-z0-9-]+\.amazonaws\.com\/([\w-]+_[0-9a-zA-Z]+)$/

const names = [
  ['issuer', 'iss'],
  ['subject', 'sub'],
  ['user', 'username'],
  ['user', 'cognito:username'],
  ['client', 'client_id'],
  ['audience', 'aud'],
  ['groups', 'cognito:groups'],
  ['scopes', 'scope'],
  ['authentication', 'amr'],
  ['signer', 'signer'],
] as const
