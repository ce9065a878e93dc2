import { asRefusal, isAuthError } from '../../errors.js'
import { encoding, type SignedBytes } from '../../token/encoding.js'
import { type JwsParts, splitJws } from '../../token/jws.js'
import type { Algorithm, JwsHeader, JwtClaims, TrustedIssuer, VerificationKey } from '../../types.js'
import { type CheckContext, check } from './checks.js'
import type { Check } from './types.js'

/** A token whose form, algorithm and issuer have passed. */
export interface Candidate {
  readonly token: string
  readonly header: JwsHeader
  readonly claims: JwtClaims
}

/**
 * Resolves to the checks of key and signature, with the key set of the issuer.
 *
 * @param candidate `undefined` when an earlier check leaves no key to look up
 * @param isBundled whether the keys are a configured set that nothing refreshes
 */
export async function keyChecks(
  candidate: Candidate | undefined,
  issuer: TrustedIssuer | undefined,
  isBundled: boolean,
  { show, now }: CheckContext,
): Promise<Check[]> {
  const unchecked = signatureCheck(undefined, 'not checked')
  if (!candidate || !issuer) return [keyCheck(undefined, 'not looked for'), unchecked]
  const { header, claims } = candidate
  const named = `kid ${show(header.kid)}`
  const keyOf = async () => issuer.keys(header.kid, header.alg as Algorithm, now * 1_000, claims.iss)
  const key = await keyOf().catch(asRefusal)
  if (!key || (isAuthError(key) && key.code === 'ERR_TOKEN_KEY'))
    return [keyCheck(false, named, isBundled), unchecked]
  if (isAuthError(key)) return [keyCheck(undefined, `${named}; the keys are not at hand`), unchecked]
  const isGenuine = await isSigned(candidate.token, key)
  return [
    keyCheck(true, named),
    signatureCheck(isGenuine, isGenuine ? 'as expected' : 'of another key, or over something else'),
  ]
}

async function isSigned(token: string, key: VerificationKey): Promise<boolean> {
  const { end, signatureEnd } = splitJws(token, true) as JwsParts
  const { signingInput, signature } = encoding.signedBytes(token, end, signatureEnd) as SignedBytes
  // Copies, because the buffers are borrowed: the next token overwrites them.
  return key.verify(Uint8Array.from(signingInput), Uint8Array.from(signature))
}

const keyCheck = (passed: boolean | undefined, actual: string, isBundled = false) =>
  check(
    'key',
    passed,
    'a kid of the key set of the issuer',
    actual,
    'ERR_TOKEN_KEY',
    isBundled
      ? 'The bundled key set (jwks) lacks this key and is probably stale: write it anew with cognito-guard keys pull.'
      : 'The issuer does not publish this key: the token is of an emulator that uses the name of the pool (cognito-guard dev), of a pool that was made anew, or made up; sign in again, to the pool itself.',
  )

const signatureCheck = (passed: boolean | undefined, actual: string) =>
  check(
    'signature',
    passed,
    'made with that key, over this header and these claims',
    actual,
    'ERR_TOKEN_SIGNATURE',
  )
