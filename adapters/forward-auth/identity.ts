import type { JwtClaims, VerifiedToken } from '../../src/types.js'

/** What the headers of a family are called. */
export interface IdentityNames {
  readonly user: string
  readonly name: string
  readonly email: string
  readonly groups: string
  readonly scopes: string
  readonly assertion: string
}

/** The names of each family of identity headers. */
export const families = {
  'x-auth-request': {
    user: 'X-Auth-Request-User',
    name: 'X-Auth-Request-Preferred-Username',
    email: 'X-Auth-Request-Email',
    groups: 'X-Auth-Request-Groups',
    scopes: 'X-Auth-Request-Scopes',
    assertion: 'X-Auth-Request-Assertion',
  },
  remote: {
    user: 'Remote-User',
    name: 'Remote-Name',
    email: 'Remote-Email',
    groups: 'Remote-Groups',
    scopes: 'Remote-Scopes',
    assertion: 'Remote-Assertion',
  },
} as const satisfies Record<string, IdentityNames>

/**
 * Returns all identity headers of a family, empty where there is nothing to say: a proxy that overwrites only what it gets would leave those of the
 * client. `undefined` for a principal that no header can carry.
 *
 * The user is the subject and nothing else: a username may be another user's subject, and an email address changes hands.
 */
export function identityHeaders(
  names: IdentityNames,
  auth: VerifiedToken | undefined,
  assertion: string,
): Record<string, string> | undefined {
  const { subject = '', username = '', groups = [], scopes = [] } = auth?.principal ?? {}
  const email = verifiedEmail(auth)
  if ([subject, username, email, ...groups, ...scopes].some(text => loneSurrogate.test(text)))
    return undefined
  return {
    [names.user]: encoded(subject),
    [names.name]: encoded(username),
    [names.email]: encoded(email),
    [names.groups]: groups.filter(Boolean).map(encoded).join(','),
    [names.scopes]: scopes.filter(Boolean).map(encoded).join(' '),
    [names.assertion]: assertion,
  }
}

/** Only Cognito says which of its tokens is an ID token; in any other, `email` is what somebody chose to put there. */
function verifiedEmail(auth: VerifiedToken | undefined): string {
  const { email, email_verified }: Partial<JwtClaims> = auth?.claims ?? {}
  const isVerified = auth?.principal.tokenUse === 'id' && email_verified === true
  return isVerified && typeof email === 'string' ? email : ''
}

/** Percent-encoded is whatever is not visible ASCII, and `%` and `,`: two different values never become one. */
const encoded = (text: string) => text.replace(/[^\x21-\x7e]|[%,]/gu, encodeURIComponent)

const loneSurrogate = /\p{Surrogate}/u
