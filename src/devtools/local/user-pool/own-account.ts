// Over 150 lines: the calls of users about themselves.
import { type Call, fault, type Operations, required, textOf, textsOf } from '../aws.js'
import type { Local } from '../local.js'
import {
  codeMismatch,
  confirm,
  removeUser,
  resetPassword,
  setPassword,
  signUp,
  useCode,
  wrongPassword,
} from './accounts.js'
import { attributeList, attributesOf } from './attributes.js'
import { sessionOfConfirmed } from './auth-flows.js'
import { checkSecretHash, clientOf, hidesUsers } from './clients.js'
import { type Address, addresses, deliveryTo, sendCode, simulatedDelivery } from './codes.js'
import { mfaOf } from './factors.js'
import { sessionOfToken } from './own-tokens.js'
import { applyVerdict, postConfirmation, preSignUp } from './triggers.js'
import { deleteAttributes, updateAttributes, verifyAddress } from './user-attributes.js'
import type { LocalUser } from './users.js'

/** The calls of users about themselves (Amazon Cognito user pools API reference). */
export const ownAccount: Operations = {
  async SignUp(local, { input }) {
    const { client, username } = clientAndName(local, input)
    const password = textOf(input.Password) || undefined
    const attributes = attributesOf(input.UserAttributes)
    const verdict = await preSignUp(local, client, username, attributes, input)
    const user = signUp(local, username, password, attributes)
    const isConfirmed = applyVerdict(local, user, verdict)
    if (isConfirmed) await postConfirmation(local, client, user, input.ClientMetadata)
    const address = addresses.find(name => user.attributes[name])
    return {
      UserConfirmed: isConfirmed,
      UserSub: user.sub,
      ...(address &&
        !isConfirmed && { CodeDeliveryDetails: deliveryTo(address, user.attributes[address] as string) }),
    }
  },

  async ConfirmSignUp(local, { input }) {
    const { client, user: named } = clientAndName(local, input)
    const force = input.ForceAliasCreation === true
    const user = confirm(local, named, required(input, 'ConfirmationCode'), client, force)
    await postConfirmation(local, client, user, input.ClientMetadata)
    return { Session: sessionOfConfirmed(local, client, user) }
  },

  ResendConfirmationCode(local, { input }) {
    const { client, username, user } = clientAndName(local, input)
    if (!user?.enabled && hidesUsers(client)) return { CodeDeliveryDetails: simulatedDelivery(username) }
    if (!user) throw unknownCombination()
    if (user.status !== 'UNCONFIRMED') throw fault('InvalidParameterException', 'User is already confirmed.')
    const address = addresses.find(name => user.attributes[name]) ?? 'email'
    return { CodeDeliveryDetails: sendCode(local, user, 'signUp', address) }
  },

  ForgotPassword(local, { input }) {
    const { client, username, user } = clientAndName(local, input)
    const hides = hidesUsers(client)
    if (hides && (!user?.enabled || !verifiedAddress(user)))
      return { CodeDeliveryDetails: simulatedDelivery(username) }
    if (!user) throw unknownCombination()
    checkEnabled(user)
    return { CodeDeliveryDetails: sendCode(local, user, 'forgotPassword', recoveryAddress(user)) }
  },

  async ConfirmForgotPassword(local, { input }) {
    const { client, user } = clientAndName(local, input)
    const password = required(input, 'Password')
    const code = required(input, 'ConfirmationCode')
    if (!user?.enabled && hidesUsers(client)) throw codeMismatch()
    if (!user) throw unknownCombination()
    checkEnabled(user)
    resetPassword(local, user, code, password)
    await postConfirmation(local, client, user, input.ClientMetadata, 'ConfirmForgotPassword')
    return {}
  },

  async ChangePassword(local, call) {
    const user = await ownUser(local, call)
    const proposed = required(call.input, 'ProposedPassword')
    if (user.status === 'EXTERNAL_PROVIDER' || (user.password ?? '') !== textOf(call.input.PreviousPassword))
      throw wrongPassword()
    setPassword(local, user, proposed)
    return {}
  },

  async GetUser(local, call) {
    const user = await ownUser(local, call)
    const UserAttributes = attributeList({ sub: user.sub, ...user.attributes })
    return { Username: user.username, UserAttributes, ...mfaOf(local, user) }
  },

  async UpdateUserAttributes(local, call) {
    const user = await ownUser(local, call)
    const CodeDeliveryDetailsList = updateAttributes(
      local,
      user,
      attributesOf(call.input.UserAttributes),
      'user',
    )
    return { CodeDeliveryDetailsList }
  },

  async DeleteUserAttributes(local, call) {
    deleteAttributes(local, await ownUser(local, call), textsOf(call.input.UserAttributeNames))
    return {}
  },

  async GetUserAttributeVerificationCode(local, call) {
    const user = await ownUser(local, call)
    const address = addressOf(call.input)
    if (!user.attributes[address] && !user.pending?.[address])
      throw fault('InvalidParameterException', `The user has no ${address}.`)
    return { CodeDeliveryDetails: sendCode(local, user, address, address) }
  },

  async VerifyUserAttribute(local, call) {
    const user = await ownUser(local, call)
    const address = addressOf(call.input)
    useCode(local, user, address, required(call.input, 'Code'))
    verifyAddress(local, user, address)
    return {}
  },

  async DeleteUser(local, call) {
    removeUser(local, await ownUser(local, call))
    return {}
  },

  async GlobalSignOut(local, call) {
    local.sessions.signOutEverywhere(await ownUser(local, call))
    return {}
  },
}

/** Where a user gets a code for a new password. */
export function recoveryAddress(user: LocalUser): Address {
  if (user.status === 'FORCE_CHANGE_PASSWORD' || user.status === 'EXTERNAL_PROVIDER')
    throw fault('NotAuthorizedException', 'User password cannot be reset in the current state.')
  const address = verifiedAddress(user)
  if (!address)
    throw fault(
      'InvalidParameterException',
      'Cannot reset password for the user as there is no registered/verified email or phone_number',
    )
  return address
}

const verifiedAddress = ({ attributes }: LocalUser) =>
  addresses.find(name => attributes[name] && attributes[`${name}_verified`] === 'true')

/** Whose access token a call has. */
const ownUser = async (local: Local, { input }: Call): Promise<LocalUser> =>
  (await sessionOfToken(local, required(input, 'AccessToken'))).user

/** The client and the user that a call without a token names, and the proof that the client knows its secret. */
function clientAndName(local: Local, input: Call['input']) {
  const client = clientOf(local, input)
  const username = required(input, 'Username')
  checkSecretHash(client, username, input.SecretHash)
  return { client, username, user: local.users.find(username) }
}

function addressOf(input: Call['input']): Address {
  const name = required(input, 'AttributeName')
  const address = addresses.find(known => known === name)
  if (!address) throw fault('InvalidParameterException', 'Only email and phone_number can be verified.')
  return address
}

function checkEnabled({ enabled }: LocalUser): void {
  if (!enabled) throw fault('NotAuthorizedException', 'User is disabled.')
}

const unknownCombination = () => fault('UserNotFoundException', 'Username/client id combination not found.')
