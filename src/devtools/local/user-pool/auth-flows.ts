import type { MaybePromise } from '../../../types.js'
import { type Call, fault, members, required } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalClient } from '../types.js'
import { authenticate, confirmed, wrongPassword } from './accounts.js'
import { checkSecretHash, clientOf } from './clients.js'
import { refreshTokenFor, sessionToRefresh } from './refresh.js'
import type { Session } from './sessions.js'
import { srpExchange } from './srp.js'
import { issueTokens } from './tokens.js'
import type { LocalUser } from './users.js'

/** Begins a sign-in, or refreshes one (InitiateAuth). The flow with a password has another name for administrators. */
export function initiateAuth(local: Local, input: Call['input'], passwordFlow: string): MaybePromise<object> {
  const client = clientOf(local, input)
  const parameters = members(input.AuthParameters)
  switch (input.AuthFlow) {
    case passwordFlow: {
      const username = required(parameters, 'USERNAME')
      checkSecretHash(client, username, parameters.SECRET_HASH)
      return signedIn(local, client, authenticate(local, username, required(parameters, 'PASSWORD'), client))
    }
    case 'USER_SRP_AUTH':
      return srpChallenge(local, client, parameters)
    case 'REFRESH_TOKEN':
    case 'REFRESH_TOKEN_AUTH': {
      const token = required(parameters, 'REFRESH_TOKEN')
      const { user } = sessionToRefresh(local, client, token)
      if (client.refreshTokenRotation)
        throw fault(
          'NotAuthorizedException',
          'Refresh token rotation is enabled: use GetTokensFromRefreshToken.',
        )
      checkSecretHash(client, [user.username, user.sub], parameters.SECRET_HASH)
      return refreshed(local, client, token)
    }
    default:
      throw fault('InvalidParameterException', 'Initiate Auth method not supported.')
  }
}

/** Ends a sign-in by SRP (RespondToAuthChallenge). */
export function respondToAuthChallenge(local: Local, input: Call['input']): object {
  const client = clientOf(local, input)
  if (input.ChallengeName !== 'PASSWORD_VERIFIER')
    throw fault('InvalidParameterException', 'Challenge not supported.')
  const responses = members(input.ChallengeResponses)
  checkSecretHash(client, required(responses, 'USERNAME'), responses.SECRET_HASH)
  const block = required(responses, 'PASSWORD_CLAIM_SECRET_BLOCK')
  const pending = local.challenges.get(block)
  local.challenges.delete(block)
  const timestamp = required(responses, 'TIMESTAMP')
  const signature = required(responses, 'PASSWORD_CLAIM_SIGNATURE')
  if (!pending?.exchange.proves(timestamp, signature)) throw wrongPassword()
  return signedIn(local, client, confirmed(pending.user))
}

async function srpChallenge(local: Local, client: LocalClient, parameters: Call['input']): Promise<object> {
  const name = required(parameters, 'USERNAME')
  checkSecretHash(client, name, parameters.SECRET_HASH)
  const user = local.users.find(name)
  if (user?.password === undefined) throw wrongPassword()
  const { username, password } = user
  const poolName = local.config.userPoolId.replace(/^.*_/, '')
  const exchange = await srpExchange({ poolName, username, password }, required(parameters, 'SRP_A'))
  if (!exchange) throw fault('InvalidParameterException', 'SRP_A is not valid.')
  local.challenges.set(exchange.parameters.SECRET_BLOCK, { exchange, user })
  return {
    ChallengeName: 'PASSWORD_VERIFIER',
    ChallengeParameters: { ...exchange.parameters, USER_ID_FOR_SRP: username, USERNAME: username },
  }
}

function signedIn(local: Local, client: LocalClient, user: LocalUser): object {
  const session = local.sessions.open({
    user,
    clientId: client.clientId,
    scopes: ['aws.cognito.signin.user.admin'],
    isManagedLogin: false,
  })
  const RefreshToken = local.sessions.refreshToken(session, local.lifetimes.refresh)
  return result(local, session, { RefreshToken })
}

/** New tokens for a refresh token, with a new refresh token where rotation is on. */
export function refreshed(local: Local, client: LocalClient, token: string): object {
  const session = sessionToRefresh(local, client, token)
  const RefreshToken = refreshTokenFor(local, client, session, token)
  return result(local, session, RefreshToken === undefined ? {} : { RefreshToken })
}

function result(local: Local, session: Session, more: { readonly RefreshToken?: string }): object {
  const { accessToken, idToken, expiresIn } = issueTokens(local, session)
  const tokens = { AccessToken: accessToken, ExpiresIn: expiresIn, IdToken: idToken, TokenType: 'Bearer' }
  return { AuthenticationResult: { ...tokens, ...more }, ChallengeParameters: {} }
}
