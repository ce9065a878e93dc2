// Over 150 lines: the calls about second factors.
import { type Call, fault, members, type Operations, required } from '../aws.js'
import type { Local } from '../local.js'
import type { MfaFactor } from '../types.js'
import { checkAdmin, userOf } from './administrators.js'
import { ask, askedBy } from './challenges.js'
import { availableFor } from './first-factors.js'
import { sessionOfToken } from './own-tokens.js'
import type { Challenge } from './question.js'
import { newSecret, stepOf } from './totp.js'
import type { LocalUser, UserMfa } from './users.js'

/** The calls about second factors. */
export const factorOperations: Operations = {
  async AssociateSoftwareToken(local, { input }) {
    if (!local.mfa.factors.includes('SOFTWARE_TOKEN_MFA') || local.mfa.mode === 'OFF')
      throw fault(
        'SoftwareTokenMFANotFoundException',
        'Software Token MFA has not been enabled by the userPool.',
      )
    const SecretCode = newSecret()
    const app = await appOf(local, input)
    app.set(SecretCode)
    return { SecretCode, ...app.next() }
  },

  async VerifySoftwareToken(local, { input }) {
    const app = await appOf(local, input)
    app.use(required(input, 'UserCode'))
    return { Status: 'SUCCESS', ...app.next() }
  },

  async SetUserMFAPreference(local, { input }) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    return setPreference(local, user, input)
  },

  AdminSetUserMFAPreference(local, call) {
    checkAdmin(local, call)
    return setPreference(local, userOf(local, call.input), call.input)
  },

  AdminDeleteSoftwareToken(local, call) {
    checkAdmin(local, call)
    const { mfa } = userOf(local, call.input)
    if (mfa?.secret === undefined) throw fault('ResourceNotFoundException', 'User has no software token.')
    Object.assign(mfa, { secret: undefined, device: undefined }, without(mfa, 'SOFTWARE_TOKEN_MFA'))
    return {}
  },

  async GetUserAuthFactors(local, { input }) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    return authFactors(local, user)
  },

  AdminGetUserAuthFactors(local, call) {
    checkAdmin(local, call)
    return authFactors(local, userOf(local, call.input))
  },

  GetUserPoolMfaConfig(local, call) {
    checkAdmin(local, call)
    return poolConfig(local)
  },

  SetUserPoolMfaConfig(local, call) {
    checkAdmin(local, call)
    const { input } = call
    const mode = (['OPTIONAL', 'ON'] as const).find(each => each === input.MfaConfiguration) ?? 'OFF'
    const enabled = members(input.SoftwareTokenMfaConfiguration).Enabled === true
    const factors = [
      ...(input.SmsMfaConfiguration ? ['SMS_MFA' as const] : []),
      ...(enabled ? ['SOFTWARE_TOKEN_MFA' as const] : []),
      ...(input.EmailMfaConfiguration ? ['EMAIL_OTP' as const] : []),
    ]
    if (mode !== 'OFF' && factors.length === 0)
      throw fault('InvalidParameterException', 'Invalid MFA configuration given.')
    Object.assign(local.mfa, { mode, factors })
    return poolConfig(local)
  },
}

/** What `GetUser` and `AdminGetUser` say of a user's second factors. */
export const mfaOf = ({ mfa: { mode } }: Local, { mfa }: LocalUser) => ({
  ...(mode !== 'OFF' && mfa?.enabled.length && { UserMFASettingList: mfa.enabled }),
  ...(mode !== 'OFF' && mfa?.preferred && { PreferredMfaSetting: mfa.preferred }),
})

const authFactors = (local: Local, user: LocalUser) => ({
  Username: user.username,
  ...mfaOf(local, user),
  ConfiguredUserAuthFactors: availableFor(local, { user, level: 0 }).filter(
    factor => factor !== 'PASSWORD_SRP',
  ),
})

/** The authenticator app that a call is about: of the sign-in that waits for it, or of the user of an access token. */
async function appOf(local: Local, input: Call['input']) {
  if (input.AccessToken !== undefined) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    const mfa = mfaStateOf(user)
    return {
      set: (secret: string) => void (mfa.pending = secret),
      use(code: string) {
        addApp(local, user, mfa.pending, code, input.FriendlyDeviceName)
        mfa.pending = undefined
      },
      next: () => ({}),
    }
  }
  const asked = askedBy(local, required(input, 'Session'), 'MFA_SETUP')
  const { challenge } = asked
  return {
    set: (secret: string) => void Object.assign(challenge.app as object, { secret }),
    use: (code: string) => verifyApp(local, challenge, code, input.FriendlyDeviceName),
    next() {
      asked.isAnswered = true
      return { Session: ask(local, challenge) }
    },
  }
}

/** Sets up the authenticator app that a sign-in waits for. */
export function verifyApp(
  local: Local,
  { app, signIn: { user } }: Challenge,
  code: string,
  device?: unknown,
): void {
  addApp(local, user, app?.secret, code, device)
  const mfa = mfaStateOf(user)
  mfa.enabled = [...new Set([...mfa.enabled, 'SOFTWARE_TOKEN_MFA' as const])]
  Object.assign(app as object, { isVerified: true })
}

function addApp(local: Local, user: LocalUser, secret = '', code: string, device: unknown): void {
  const step = secret === '' ? undefined : stepOf(secret, code, local.clock.now())
  if (step === undefined) throw fault('EnableSoftwareTokenMFAException', 'Code mismatch')
  const name = typeof device === 'string' ? device : undefined
  Object.assign(mfaStateOf(user), { secret, step, device: name })
  local.users.touch(user)
}

/** Turns second factors of a user on or off. */
function setPreference(local: Local, user: LocalUser, input: Call['input']): object {
  const mfa = { ...mfaStateOf(user) }
  for (const [member, factor] of settings) {
    const { Enabled, PreferredMfa } = members(input[member])
    if (Enabled === true || PreferredMfa === true) checkReady(local, user, factor)
    if (Enabled === true) mfa.enabled = [...new Set([...mfa.enabled, factor])]
    if (Enabled === false) Object.assign(mfa, without(mfa, factor))
    if (PreferredMfa === false && mfa.preferred === factor) mfa.preferred = undefined
  }
  const preferred = settings.filter(([member]) => members(input[member]).PreferredMfa === true)
  const [first] = preferred
  if (preferred.length > 1 || (first && !mfa.enabled.includes(first[1])))
    throw fault('InvalidParameterException', 'One factor can be preferred, which is enabled.')
  if (first) mfa.preferred = first[1]
  Object.assign(mfaStateOf(user), mfa)
  local.users.touch(user)
  return {}
}

function checkReady(local: Local, user: LocalUser, factor: MfaFactor): void {
  if (local.mfa.mode === 'OFF' || !local.mfa.factors.includes(factor))
    throw fault('InvalidParameterException', `${factor} is not enabled for the user pool.`)
  if (factor === 'SOFTWARE_TOKEN_MFA' && user.mfa?.secret === undefined)
    throw fault('InvalidParameterException', 'User has not set up software token mfa')
  if (factor !== 'SOFTWARE_TOKEN_MFA' && !user.attributes[factor === 'SMS_MFA' ? 'phone_number' : 'email'])
    throw fault('InvalidParameterException', `User does not have delivery config set to turn on ${factor}`)
}

const without = (
  { enabled, preferred }: UserMfa,
  factor: MfaFactor,
): Pick<UserMfa, 'enabled' | 'preferred'> => ({
  enabled: enabled.filter(each => each !== factor),
  preferred: preferred === factor ? undefined : preferred,
})

function mfaStateOf(user: LocalUser): UserMfa {
  user.mfa ??= { enabled: [] }
  return user.mfa
}

const poolConfig = ({ mfa: { mode, factors }, config: { passkeys } }: Local) => ({
  MfaConfiguration: mode,
  ...(factors.includes('SMS_MFA') && { SmsMfaConfiguration: {} }),
  SoftwareTokenMfaConfiguration: { Enabled: factors.includes('SOFTWARE_TOKEN_MFA') },
  ...(factors.includes('EMAIL_OTP') && { EmailMfaConfiguration: {} }),
  WebAuthnConfiguration: {
    RelyingPartyId: passkeys.relyingPartyId,
    UserVerification: passkeys.userVerification,
  },
})

const settings: readonly (readonly [member: string, factor: MfaFactor])[] = [
  ['SMSMfaSettings', 'SMS_MFA'],
  ['SoftwareTokenMfaSettings', 'SOFTWARE_TOKEN_MFA'],
  ['EmailMfaSettings', 'EMAIL_OTP'],
]
