import { randomUUID } from 'node:crypto'
import type { VerifiedToken } from 'cognito-guard'

/** A verified token as a verifier would return it, without verifying. `issuer` may be a pool's ID. */
export function verifiedTokenOf({
  issuer,
  ...claims
}: Record<string, unknown> & { issuer: string }): VerifiedToken {
  const iat = Math.floor(Date.now() / 1000)
  const all = {
    sub: randomUUID(),
    client_id: '1example23456789example',
    token_use: 'access',
    jti: randomUUID(),
    origin_jti: randomUUID(),
    iat,
    exp: iat + 3_600,
    ...claims,
    iss: issuer.startsWith('https:') ? issuer : `https://cognito-idp.eu-west-1.amazonaws.com/${issuer}`,
  } as VerifiedToken['claims']
  const principal = {
    kind: 'user',
    subject: all.sub,
    issuer: all.iss,
    clientId: all.client_id,
    groups: [],
    scopes: [],
    expiresAt: all.exp,
  }
  return { header: { alg: 'RS256' }, claims: all, principal } as unknown as VerifiedToken
}

/** What a call throws. tap's own `throws` writes to the error, and refusals are frozen. */
export function thrownBy(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}
