// Over 150 lines: what may follow a password, one question after the other.
import { fault, required, textOf } from '../aws.js'
import type { Local } from '../local.js'
import type { MfaFactor } from '../types.js'
import { confirmed, passwordEnd, setPassword, useCode } from './accounts.js'
import { levelsIn } from './assurance.js'
import { checkAttributes } from './attributes.js'
import { deliveryTo } from './codes.js'
import { levelOf, type Method } from './methods.js'
import type { Challenge, Responses, SignIn, Step } from './question.js'
import { stepOf } from './totp.js'
import { claimAliases } from './user-attributes.js'
import type { LocalUser, UserMfa } from './users.js'

/** What follows once a user has proven something: a new password, another factor, or nothing. */
export function proceed(local: Local, signIn: SignIn): Step {
  const { user, methods } = signIn
  confirmed(user)
  return user.status === 'FORCE_CHANGE_PASSWORD' && methods.includes('pwd')
    ? newPassword(local, signIn)
    : secondFactor(local, signIn)
}

/** Whether a user has to give a second factor, so that a first one without a password is not enough. */
export const needsFactor = (local: Local, user: LocalUser): boolean =>
  local.mfa.mode === 'ON' || enabledOf(local, user).length > 0

/**
 * The level to reach of those that an app asks for by name: the first that the user can reach.
 *
 * @throws InvalidParameterException where there is none
 */
export function levelFor(local: Local, user: LocalUser, names: string): number {
  const asked = levelsIn(local, names)
  if (asked.length === 0)
    throw fault(
      'InvalidParameterException',
      'None of the requested authentication levels is one of the user pool.',
    )
  const reach = Math.max(...waysOf(local, user).map(levelOf))
  const level = asked.find(each => each <= reach)
  if (level === undefined)
    throw fault(
      'InvalidParameterException',
      'The user has no factors that reach a requested authentication level.',
    )
  return level
}

/** The question for a code that an authenticator app shows. */
const appChallenge = (local: Local, signIn: SignIn): Challenge => ({
  name: 'SOFTWARE_TOKEN_MFA',
  parameters: { FRIENDLY_DEVICE_NAME: signIn.user.mfa?.device ?? '' },
  signIn,
  answer(responses) {
    useAppCode(local, signIn.user.mfa as UserMfa, required(responses, 'SOFTWARE_TOKEN_MFA_CODE'))
    return proceed(local, withMethod(signIn, 'otp'))
  },
})

/** The question for a code that is sent now. */
export function codeChallenge(
  local: Local,
  signIn: SignIn,
  name: 'EMAIL_OTP' | 'SMS_OTP' | 'SMS_MFA',
): Challenge {
  const { user } = signIn
  const address = name === 'EMAIL_OTP' ? 'email' : 'phone_number'
  local.users.sendCode(user, 'signIn')
  const { DeliveryMedium, Destination } = deliveryTo(address, user.attributes[address] as string)
  return {
    name,
    parameters: { CODE_DELIVERY_DELIVERY_MEDIUM: DeliveryMedium, CODE_DELIVERY_DESTINATION: Destination },
    signIn,
    answer(responses) {
      useCode(local, user, 'signIn', required(responses, `${name}_CODE`))
      return proceed(local, withMethod(signIn, address === 'email' ? 'email_otp' : 'sms'))
    },
  }
}

/** Uses up a code of a user's authenticator app. */
function useAppCode(local: Local, mfa: UserMfa, code: string): void {
  const step = mfa.secret && stepOf(mfa.secret, code, local.clock.now())
  if (!step) throw fault('CodeMismatchException', 'Invalid code received for user')
  if (step <= (mfa.step ?? 0))
    throw fault('ExpiredCodeException', 'Your software token has already been used once.')
  mfa.step = step
}

export const withMethod = (signIn: SignIn, method: Method): SignIn => ({
  ...signIn,
  methods: [...new Set([...signIn.methods, method])],
})

function newPassword(local: Local, signIn: SignIn): Challenge {
  const { user } = signIn
  const { config } = local
  if (local.clock.now() >= passwordEnd(local, user))
    throw fault(
      'NotAuthorizedException',
      'Temporary password has expired and must be reset by an administrator.',
    )
  const needed = config.attributes.filter(attribute => attribute.required).map(({ name }) => name)
  const missing = needed.filter(name => !user.attributes[name])
  return {
    name: 'NEW_PASSWORD_REQUIRED',
    parameters: {
      USER_ID_FOR_SRP: user.username,
      requiredAttributes: JSON.stringify(missing.map(name => `userAttributes.${name}`)),
      userAttributes: JSON.stringify(user.attributes),
    },
    signIn,
    answer(responses) {
      const given = attributesIn(responses)
      checkAttributes(config, given, 'user')
      const lacking = missing.find(name => !given[name])
      if (lacking) throw fault('InvalidParameterException', `Invalid attributes given, ${lacking} is missing`)
      const other = needed.find(
        name => !missing.includes(name) && (given[name] ?? user.attributes[name]) !== user.attributes[name],
      )
      if (other) throw fault('InvalidParameterException', `Cannot modify an already provided ${other}`)
      const attributes = { ...user.attributes, ...given }
      claimAliases(local, user, attributes)
      setPassword(local, user, required(responses, 'NEW_PASSWORD'))
      user.attributes = attributes
      return proceed(local, { ...signIn, source: 'NewPasswordChallenge' })
    },
  }
}

/** The attributes that a user fills in with a new password. */
const attributesIn = (responses: Responses): Record<string, string> =>
  Object.fromEntries(
    Object.entries(responses).flatMap(([key, value]) =>
      key.startsWith(attributePrefix) ? [[key.slice(attributePrefix.length), textOf(value)]] : [],
    ),
  )

const attributePrefix = 'userAttributes.'

/** A second factor is asked for after a password only: what needs one offers nothing else to begin with. */
function secondFactor(local: Local, signIn: SignIn): Step {
  const { user, methods, level } = signIn
  const isReached = levelOf(methods) >= level
  const isAlone = methods.includes('pwd') && methods.length === 1
  if (isReached && !(isAlone && needsFactor(local, user))) return { signIn }
  const enabled = enabledOf(local, user)
  const usable = isReached && enabled.length > 0 ? enabled : readyOf(local, user)
  const choices = usable.filter(factor => levelOf([...methods, methodOf[factor]]) >= level)
  const [only] = choices
  if (only === undefined) return appSetUp(local, signIn)
  const preferred = choices.find(factor => factor === user.mfa?.preferred)
  if (preferred ?? choices.length === 1) return factorChallenge(local, signIn, preferred ?? only)
  return {
    name: 'SELECT_MFA_TYPE',
    parameters: { MFAS_CAN_CHOOSE: JSON.stringify(choices), USER_ID_FOR_SRP: user.username },
    signIn,
    answer(responses) {
      const factor = choices.find(choice => choice === responses.ANSWER)
      if (!factor) throw fault('InvalidParameterException', 'Invalid MFA type.')
      return factorChallenge(local, signIn, factor)
    },
  }
}

const factorChallenge = (local: Local, signIn: SignIn, factor: MfaFactor) =>
  factor === 'SOFTWARE_TOKEN_MFA' ? appChallenge(local, signIn) : codeChallenge(local, signIn, factor)

/** For a user who must have a second factor, and has none. */
function appSetUp(local: Local, signIn: SignIn): Challenge {
  const app: Challenge['app'] = {}
  return {
    name: 'MFA_SETUP',
    parameters: {
      MFAS_CAN_SETUP: JSON.stringify(local.mfa.factors),
      USER_ID_FOR_SRP: signIn.user.username,
    },
    signIn,
    app,
    answer() {
      if (!app.isVerified)
        throw fault('NotAuthorizedException', 'Software token has not been verified in this session.')
      return proceed(local, withMethod(signIn, 'otp'))
    },
  }
}

/** The second factors that a user has turned on and can use. */
const enabledOf = (local: Local, user: LocalUser): MfaFactor[] =>
  readyOf(local, user).filter(factor => user.mfa?.enabled.includes(factor))

/** The second factors that a user could use now. */
export function readyOf({ mfa }: Local, { mfa: own, attributes }: LocalUser): MfaFactor[] {
  if (mfa.mode === 'OFF') return []
  const isReady: Readonly<Record<MfaFactor, boolean>> = {
    SOFTWARE_TOKEN_MFA: own?.secret !== undefined,
    SMS_MFA: attributes.phone_number_verified === 'true',
    EMAIL_OTP: attributes.email_verified === 'true',
  }
  return mfa.factors.filter(factor => isReady[factor])
}

/** Whether a sign-in that begins with this method can reach a level. */
export const canReach = (local: Local, user: LocalUser, first: Method, level: number): boolean =>
  waysOf(local, user).some(way => way[0] === first && levelOf(way) >= level)

/** The ways in which a user can sign in. */
function waysOf(local: Local, user: LocalUser): Method[][] {
  const { allowedFirstAuthFactors } = local.config
  const ways: Method[][] = []
  if (user.password !== undefined)
    ways.push(['pwd'], ...readyOf(local, user).map((factor): Method[] => ['pwd', methodOf[factor]]))
  if (allowedFirstAuthFactors.includes('EMAIL_OTP') && user.attributes.email_verified === 'true')
    ways.push(['email_otp'])
  if (allowedFirstAuthFactors.includes('SMS_OTP') && user.attributes.phone_number_verified === 'true')
    ways.push(['sms'])
  if (allowedFirstAuthFactors.includes('WEB_AUTHN') && user.passkeys?.length) ways.push(['swk'])
  return ways
}

const methodOf: Readonly<Record<MfaFactor, Method>> = {
  SOFTWARE_TOKEN_MFA: 'otp',
  SMS_MFA: 'sms',
  EMAIL_OTP: 'email_otp',
}
