import { userPool } from '../issuers/user-pool.js'
import type { JwtClaims } from '../types.js'
import { createVerifier } from '../verifier/verifier.js'
import type { TestIssuer } from './types.js'

/** Returns a check of `Logins`: the claims of the one ID token in there, `undefined` when there is none. */
export function loginChecker(issuer: TestIssuer) {
  const verifier = createVerifier({
    issuers: [userPool({ ...issuer.options, tokenUse: 'id' })],
    clock: issuer.clock,
    clockTolerance: 0,
  })
  return async (logins: unknown): Promise<JwtClaims | undefined> => {
    const [login] = Object.entries(Object(logins) as Record<string, unknown>)
    if (!login) return undefined
    const [provider, token] = login
    const claims = decode(String(token))
    if (claims.iss !== `https://${provider}`)
      throw refused('NotAuthorizedException', "Invalid login token. Issuer doesn't match providerName")
    if (claims.iss !== issuer.issuer) throw refused('NotAuthorizedException', notSupported)
    if (claims.aud === undefined)
      throw refused('NotAuthorizedException', 'Invalid login token. Missing a required claim: aud')
    return verifier.verify(String(token)).then(
      verified => verified.claims,
      error => {
        throw refused('NotAuthorizedException', loginProblem(error, claims, issuer))
      },
    )
  }
}

function loginProblem(error: unknown, { exp }: JwtClaims, { clock }: TestIssuer): string {
  const { code } = error as { code?: unknown }
  if (code === 'ERR_TOKEN_EXPIRED')
    return `Invalid login token. Token expired: ${exp} >= ${Math.floor(clock.now() / 1000)}`
  if (code === 'ERR_TOKEN_CLIENT' || code === 'ERR_TOKEN_USE') return notSupported
  return 'Invalid login token. Token signature invalid.'
}

function decode(token: string): JwtClaims {
  try {
    return JSON.parse(Buffer.from(String(token.split('.')[1]), 'base64url').toString()) as JwtClaims
  } catch {
    throw refused('NotAuthorizedException', 'Invalid login token. Not a valid OpenId Connect identity token.')
  }
}

/** An error with AWS's name and message. */
export const refused = (name: string, message: string) => Object.assign(new Error(message), { name })

const notSupported = 'Token is not from a supported provider of this identity pool.'
