// Over 150 lines: registration, sign-in, and what both check.
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { fault, members, type Operations, required, textOf } from '../aws.js'
import type { Local } from '../local.js'
import { wrongPassword } from './accounts.js'
import { type Cbor, readCbor } from './cbor.js'
import { sessionOfToken } from './own-tokens.js'
import type { Challenge, SignIn, Step } from './question.js'
import type { LocalUser, Passkey } from './users.js'

/** The calls about passkeys (Web Authentication Level 3). */
export const passkeyOperations: Operations = {
  async StartWebAuthnRegistration(local, { input }) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    if (!local.config.allowedFirstAuthFactors.includes('WEB_AUTHN'))
      throw fault('WebAuthnNotEnabledException', 'Passkeys are not enabled for the user pool.')
    const challenge = randomBytes(32).toString('base64url')
    local.registrations.set(user.sub, challenge)
    const { relyingPartyId: id, userVerification } = local.config.passkeys
    return {
      CredentialCreationOptions: {
        rp: { id, name: id },
        user: {
          id: Buffer.from(user.sub).toString('base64url'),
          name: user.username,
          displayName: user.username,
        },
        challenge,
        pubKeyCredParams: [-7, -257].map(alg => ({ type: 'public-key', alg })),
        timeout: 60_000,
        excludeCredentials: (user.passkeys ?? []).map(descriptor),
        authenticatorSelection: { requireResidentKey: true, residentKey: 'required', userVerification },
        attestation: 'none',
      },
    }
  },

  async CompleteWebAuthnRegistration(local, { input }) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    const challenge = local.registrations.get(user.sub)
    local.registrations.delete(user.sub)
    const credential = members(input.Credential)
    const response = members(credential.response)
    checkClient(local, response, 'webauthn.create', challenge)
    const passkey = { ...keyIn(local, response), ...described(local, credential, response) }
    user.passkeys = [...(user.passkeys ?? []).filter(({ id }) => id !== passkey.id), passkey]
    local.users.touch(user)
    return {}
  },

  async ListWebAuthnCredentials(local, { input }) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    return {
      Credentials: (user.passkeys ?? []).map(({ id, name, attachment, transports, createdAt }) => ({
        CredentialId: id,
        FriendlyCredentialName: name,
        RelyingPartyId: local.config.passkeys.relyingPartyId,
        AuthenticatorAttachment: attachment,
        AuthenticatorTransports: transports,
        CreatedAt: createdAt,
      })),
    }
  },

  async DeleteWebAuthnCredential(local, { input }) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    const id = required(input, 'CredentialId')
    const { passkeys = [] } = user
    const kept = passkeys.filter(passkey => passkey.id !== id)
    if (kept.length === passkeys.length) throw fault('ResourceNotFoundException', 'Passkey not found.')
    user.passkeys = kept
    local.users.touch(user)
    return {}
  },
}

/** The question for a passkey of the user. */
export function passkeyChallenge(local: Local, signIn: SignIn, next: () => Step): Challenge {
  const challenge = randomBytes(32).toString('base64url')
  const { passkeys = [] } = signIn.user
  const { relyingPartyId: rpId, userVerification } = local.config.passkeys
  const options = {
    challenge,
    timeout: 180_000,
    rpId,
    allowCredentials: passkeys.map(descriptor),
    userVerification,
  }
  return {
    name: 'WEB_AUTHN',
    parameters: { CREDENTIAL_REQUEST_OPTIONS: JSON.stringify(options) },
    signIn,
    answer(responses) {
      if (!proves(local, signIn.user, challenge, required(responses, 'CREDENTIAL'))) throw wrongPassword()
      return next()
    },
  }
}

/** Whether an assertion is signed by a passkey of the user (Web Authentication Level 3, section 7.2). */
function proves(local: Local, { passkeys = [] }: LocalUser, challenge: string, text: string): boolean {
  const credential = members(parsed(Buffer.from(text)))
  const response = members(credential.response)
  const passkey = passkeys.find(({ id }) => id === credential.id)
  if (!passkey) return false
  const client = checkClient(local, response, 'webauthn.get', challenge)
  const data = bytesOf(response.authenticatorData)
  checkAuthenticator(local, data)
  const counter = data.readUInt32BE(33)
  const key = createPublicKey({ key: passkey.key, format: 'jwk' })
  const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
  if (!verify('sha256', signed, key, bytesOf(response.signature))) return false
  if (counter > 0 && counter <= passkey.counter) return false
  passkey.counter = counter
  return true
}

/** Checks what the browser says, and returns it as it was signed. */
function checkClient(
  { config }: Local,
  { clientDataJSON }: Readonly<Record<string, unknown>>,
  type: string,
  challenge: string | undefined,
): Buffer {
  const bytes = bytesOf(clientDataJSON)
  const client = members(parsed(bytes))
  if (challenge === undefined || client.challenge !== challenge || client.type !== type)
    throw fault('WebAuthnChallengeNotFoundException', 'The passkey answers no challenge of this user.')
  const origin = textOf(client.origin)
  const host = URL.canParse(origin) ? new URL(origin).hostname : ''
  const { relyingPartyId } = config.passkeys
  if (host !== relyingPartyId && !host.endsWith(`.${relyingPartyId}`))
    throw fault(
      'WebAuthnOriginNotAllowedException',
      `The page is not one of the relying party ${relyingPartyId}.`,
    )
  return bytes
}

/** Checks the relying party and the presence of the user, 37 bytes at least (section 6.1). */
function checkAuthenticator({ config: { passkeys } }: Local, data: Buffer): void {
  const party = createHash('sha256').update(passkeys.relyingPartyId).digest()
  if (data.length < 37 || !data.subarray(0, 32).equals(party))
    throw fault('WebAuthnRelyingPartyMismatchException', 'The passkey is one of another relying party.')
  const wanted = isPresent | (passkeys.userVerification === 'required' ? isVerified : 0)
  if (((data[32] as number) & wanted) !== wanted)
    throw fault('WebAuthnCredentialNotSupportedException', 'The user was not verified.')
}

/** The new key in an attestation, whose statement is not looked at (section 6.5). */
function keyIn(local: Local, { attestationObject }: Readonly<Record<string, unknown>>) {
  try {
    const { value } = readCbor(bytesOf(attestationObject))
    const data = Buffer.from((value as ReadonlyMap<Cbor, Cbor>).get('authData') as Uint8Array)
    checkAuthenticator(local, data)
    const length = data.readUInt16BE(53)
    const key = jwkOf(readCbor(data, 55 + length).value as ReadonlyMap<Cbor, Cbor>)
    createPublicKey({ key, format: 'jwk' })
    return { id: data.subarray(55, 55 + length).toString('base64url'), key, counter: data.readUInt32BE(33) }
  } catch (error) {
    if ((error as Error).name.endsWith('Exception')) throw error
    throw fault('WebAuthnCredentialNotSupportedException', 'The passkey cannot be read.')
  }
}

/** A COSE key of ES256 or RS256 as a JWK (RFC 9053 section 2.1, RFC 8812 section 2). */
function jwkOf(cose: ReadonlyMap<Cbor, Cbor>): Record<string, string> {
  const part = (label: number) => Buffer.from(cose.get(label) as Uint8Array).toString('base64url')
  return cose.get(3) === -7
    ? { kty: 'EC', crv: 'P-256', x: part(-2), y: part(-3) }
    : { kty: 'RSA', n: part(-1), e: part(-2) }
}

function described(
  { clock }: Local,
  { authenticatorAttachment }: Readonly<Record<string, unknown>>,
  { transports }: Readonly<Record<string, unknown>>,
): Omit<Passkey, 'id' | 'key' | 'counter'> {
  const attachment = typeof authenticatorAttachment === 'string' ? authenticatorAttachment : undefined
  return {
    name: attachment === 'platform' ? 'Passkey of this device' : 'Passkey',
    attachment,
    transports: Array.isArray(transports) ? transports.map(String) : [],
    createdAt: Math.floor(clock.now() / 1000),
  }
}

const descriptor = ({ id, transports }: Passkey) => ({ type: 'public-key', id, transports })

const bytesOf = (text: unknown) => Buffer.from(textOf(text), 'base64url')

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

const isPresent = 1
const isVerified = 4
