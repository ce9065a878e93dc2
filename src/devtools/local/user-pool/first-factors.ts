// Over 150 lines: the ways to begin a sign-in, one after the other.
import { fault, members, required } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalClient } from '../types.js'
import { addUser, confirmed, noUser, wrongPassword } from './accounts.js'
import { isAttribute } from './attributes.js'
import { hidesUsers } from './clients.js'
import { passkeyChallenge } from './passkeys.js'
import type { Challenge, Responses, SignIn, Step } from './question.js'
import { canReach, codeChallenge, needsFactor, proceed, withMethod } from './second-factors.js'
import { srpExchange } from './srp.js'
import { attributesForTrigger, callTrigger } from './triggers.js'
import type { LocalUser } from './users.js'

/** What is known of a sign-in that begins. */
interface Beginning {
  readonly username: string
  /** What a user who is not in the pool yet may be migrated with. */
  readonly password?: unknown
  readonly metadata?: unknown
}

/** Resolves to the beginning of a sign-in. Rejects for somebody who may not sign in. */
export async function begin(
  local: Local,
  client: LocalClient,
  { username, password, metadata }: Beginning,
): Promise<SignIn> {
  const found = local.users.find(username) ?? (await migrated(local, client, username, password, metadata))
  // a federated user signs in at the provider only
  const user = found?.status === 'EXTERNAL_PROVIDER' ? undefined : found
  await callTrigger(local, 'preAuthentication', {
    source: 'PreAuthentication_Authentication',
    username: user?.username ?? username,
    clientId: client.clientId,
    request: {
      userAttributes: user ? attributesForTrigger(user) : {},
      validationData: members(metadata),
      ...(!user && { userNotFound: true }),
    },
  })
  if (!user) throw hidesUsers(client) ? wrongPassword() : noUser()
  if (user.enabled && user.status === 'RESET_REQUIRED')
    throw fault('PasswordResetRequiredException', 'Password reset required for the user')
  return { user, client, methods: [], level: 0, metadata }
}

/** What follows from a password. */
export function byPassword(local: Local, signIn: SignIn, password: unknown): Step {
  const { user } = signIn
  if (user.password === undefined || user.password !== password) throw wrongPassword()
  return proceed(local, withMethod(signIn, 'pwd'))
}

/** Resolves to the challenge of a sign-in by the Secure Remote Password protocol. */
export async function bySrp(
  local: Local,
  signIn: SignIn,
  clientPublic: string,
  next: (proven: SignIn) => Step | Promise<Step> = proven => proceed(local, proven),
): Promise<Challenge> {
  const { username, password } = signIn.user
  if (password === undefined) throw wrongPassword()
  const poolName = local.config.userPoolId.replace(/^.*_/, '')
  const exchange = await srpExchange({ poolName, username, password }, clientPublic)
  if (!exchange) throw fault('InvalidParameterException', 'SRP_A is not valid.')
  return {
    name: 'PASSWORD_VERIFIER',
    parameters: { ...exchange.parameters, USER_ID_FOR_SRP: username, USERNAME: username },
    signIn,
    answer(responses) {
      const timestamp = required(responses, 'TIMESTAMP')
      const signature = required(responses, 'PASSWORD_CLAIM_SIGNATURE')
      if (!exchange.proves(timestamp, signature)) throw wrongPassword()
      return next(withMethod(signIn, 'pwd'))
    },
  }
}

/** What follows in a sign-in by choice (`USER_AUTH`): the factor that the app prefers, or the choice. */
export function byChoice(local: Local, signIn: SignIn, given: Responses): Step | Promise<Step> {
  const available = availableFor(local, signIn)
  if (available.length === 0) throw wrongPassword()
  const preferred = available.find(factor => factor === given.PREFERRED_CHALLENGE)
  if (preferred) return chosen(local, signIn, preferred, given)
  return {
    name: 'SELECT_CHALLENGE',
    parameters: {},
    available,
    signIn,
    answer(responses) {
      const factor = available.find(each => each === responses.ANSWER)
      if (!factor) throw fault('InvalidParameterException', 'Selected challenge is not available.')
      return chosen(local, signIn, factor, responses)
    },
  }
}

/** What a user can begin with. One who needs a second factor begins with a password. */
export function availableFor(local: Local, { user, level }: Pick<SignIn, 'user' | 'level'>): FirstFactor[] {
  const offered: readonly string[] = needsFactor(local, user)
    ? ['PASSWORD']
    : local.config.allowedFirstAuthFactors
  return firstFactors.filter(
    factor => offered.includes(factor.replace('_SRP', '')) && canReach(local, user, methodOf[factor], level),
  )
}

type FirstFactor = (typeof firstFactors)[number]

const firstFactors = ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] as const

const methodOf = {
  PASSWORD_SRP: 'pwd',
  PASSWORD: 'pwd',
  EMAIL_OTP: 'email_otp',
  SMS_OTP: 'sms',
  WEB_AUTHN: 'swk',
} as const

/** An answer may come with the choice. */
function chosen(local: Local, signIn: SignIn, factor: FirstFactor, given: Responses): Step | Promise<Step> {
  switch (factor) {
    case 'PASSWORD':
      return given.PASSWORD === undefined
        ? question(signIn, factor, responses => byPassword(local, signIn, required(responses, 'PASSWORD')))
        : byPassword(local, signIn, given.PASSWORD)
    case 'PASSWORD_SRP':
      return given.SRP_A === undefined
        ? question(signIn, factor, responses => bySrp(local, signIn, required(responses, 'SRP_A')))
        : bySrp(local, signIn, required(given, 'SRP_A'))
    case 'WEB_AUTHN':
      return passkeyChallenge(local, signIn, () => proceed(local, withMethod(signIn, 'swk')))
    default:
      confirmed(signIn.user)
      return codeChallenge(local, signIn, factor)
  }
}

const question = (signIn: SignIn, name: string, answer: Challenge['answer']): Challenge => ({
  name,
  parameters: {},
  signIn,
  answer,
})

/** Asks the user migration trigger for somebody whom the pool does not know. */
async function migrated(
  local: Local,
  client: LocalClient,
  username: string,
  password: unknown,
  metadata: unknown,
): Promise<LocalUser | undefined> {
  if (typeof password !== 'string') return undefined
  const answer = await callTrigger(local, 'userMigration', {
    source: 'UserMigration_Authentication',
    username,
    clientId: client.clientId,
    request: { password, validationData: members(metadata), clientMetadata: members(metadata) },
    response: { userAttributes: null, finalUserStatus: null, messageAction: null },
  }).catch(() => {
    throw fault('UserNotFoundException', `Exception migrating user in app client ${client.clientId}`)
  })
  if (answer === undefined || answer.userAttributes === null) return undefined
  const attributes = Object.entries(members(answer.userAttributes)).filter(([name]) => isAttribute(name))
  return addUser(
    local,
    {
      username,
      password,
      attributes: Object.fromEntries(attributes.map(([name, value]) => [name, String(value)])),
      status: answer.finalUserStatus === 'CONFIRMED' ? 'CONFIRMED' : 'RESET_REQUIRED',
    },
    'User already exists',
  )
}
