import { isOfWorkload } from '../../issuers/workload-names.js'
import { textOf } from './decode.js'
import { poolIssuer } from './facts.js'
import type { Show } from './show.js'
import type { InspectOptions } from './types.js'

/** Returns how to fix an `iss` that is not configured: the same pool may be spelled in several ways. */
export function issuerFix(claimed: unknown, { userPool: pool }: InspectOptions, show: Show): string {
  const iss = textOf(claimed)
  const bare = iss.replace(/\/+$/, '')
  const poolId = poolIssuer.exec(bare)?.[1]
  const own = pool?.userPoolId
  const isLocal = own?.includes(localName) === true || isOnMachine(pool?.issuer ?? '')
  if (poolId === undefined && isLocal && isOnMachine(iss)) return otherLocalPool
  if (poolId === undefined) return foreignFixes.find(([is]) => is(iss))?.[1] ?? noPool
  if (poolId !== own && !isLocal && poolId.includes(localName)) return localPool
  if (poolId === own) return spellingFix(iss, bare, pool?.issuer !== undefined)
  if (poolId.toLowerCase() === own?.toLowerCase())
    return `The token is of the user pool ${show(poolId)}, which differs from the one that is configured in capital letters only: copy the ID into userPoolId.`
  return own && nameOf(poolId) === nameOf(own)
    ? `The token is of the user pool ${show(poolId)}, which differs from the one that is configured in its Region only: correct the Region in userPoolId.`
    : `The token is of the user pool ${show(poolId)}: sign in to the one that is configured, or configure this one if the API is to trust it.`
}

function spellingFix(iss: string, bare: string, hasIssuer: boolean): string {
  if (iss !== bare)
    return 'The token is of the configured pool, but its iss ends in a slash, which Cognito never writes: correct what makes the token.'
  if (hasIssuer)
    return 'The token is of the configured pool, but the option issuer names another iss: leave issuer out, it follows from userPoolId (also behind a custom domain).'
  return new URL(iss).host.startsWith('issuer-')
    ? 'The token is of the configured pool, but names the updated issuer of another Region: configure that iss with the option issuer.'
    : 'The token is of the configured pool, but of a replica in another Region: name that Region in additionalRegions.'
}

/** Both of the same machine. */
const otherLocalPool =
  'The token is of another local user pool or Region than configured, or of another address: compare its iss with what cognito-guard dev prints, and set userPoolId and issuer as that says.'

/** Of a name that no real pool has, or at a URL that no real one has. */
const localPool =
  'The token is of a Cognito on a developer’s machine (cognito-guard dev or an emulator): sign in to the user pool that is configured, and never trust this one in production.'

/** In the names of pools of `cognito-guard dev` alone. */
const localName = '_LOCALDEV'

const nameOf = (poolId: string) => poolId.slice(poolId.lastIndexOf('_'))

const matches = (pattern: RegExp) => (iss: string) => pattern.test(iss)

const isOnMachine = matches(/^http:|^https:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])[:/]/)

/** Issuers that are no user pool on AWS. The first that matches counts. */
const foreignFixes: readonly (readonly [is: (iss: string) => boolean, fix: string])[] = [
  [isOnMachine, localPool],
  [
    isOfWorkload,
    'A workload of AWS has sent a token of its own: trust this issuer with awsWorkload if it may call the API, and authorize it by its role or service account.',
  ],
  [
    matches(
      /^https:\/\/(?:accounts\.google\.com|appleid\.apple\.com|login\.microsoftonline\.com|sts\.windows\.net|www\.facebook\.com|limited\.facebook\.com|[\w.-]+\.(?:okta|auth0|oktapreview)\.com)(?:\/|$)/,
    ),
    'No user pool has issued this token, but the provider that its user signed in with: send the access token that Cognito gives after that sign-in, or trust the provider with oidcProvider.',
  ],
  [
    matches(/^https:\/\/(?:[^/]*\.amazoncognito\.com|(?:auth|login|id|sso)\.[^/]*)\/?$/),
    'The token names a domain of managed login as its issuer, where Cognito names the pool (a custom domain changes nothing): take the access token that Cognito gives to the app.',
  ],
]

const noPool = 'No user pool has issued this token: take the access token that Cognito gives to the app.'
