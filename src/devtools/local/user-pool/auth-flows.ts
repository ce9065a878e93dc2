// Over 150 lines: the flows, and the calls that begin and continue them.
import { type Call, fault, members, numberOf, type Operations, required, textOf } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalClient } from '../types.js'
import { checkAdmin } from './administrators.js'
import { answered, ask, askedBy } from './challenges.js'
import { checkSecretHash, clientOf, lifetimesOf, machineScopes } from './clients.js'
import { byTriggers } from './custom-auth.js'
import { begin, byChoice, byPassword, bySrp } from './first-factors.js'
import { levelOf } from './methods.js'
import { accessOf } from './own-tokens.js'
import type { SignIn, Step } from './question.js'
import { refreshTokenFor, sessionToRefresh } from './refresh.js'
import { levelFor, needsFactor, proceed } from './second-factors.js'
import type { Session } from './sessions.js'
import { issueMachineToken, issueTokens } from './tokens.js'
import { attributesForTrigger, callTrigger } from './triggers.js'
import type { LocalUser } from './users.js'

/** The calls of a sign-in. */
export const authOperations: Operations = {
  InitiateAuth: (local, { input }) => initiateAuth(local, input, false),
  AdminInitiateAuth(local, call) {
    checkAdmin(local, call)
    return initiateAuth(local, call.input, true)
  },
  async GetClientToken(local, { input }) {
    const client = clientOf(local, input)
    if (client.explicitAuthFlows?.includes('ALLOW_CLIENT_TOKEN_AUTH') === false)
      throw fault('InvalidParameterException', 'GetClientToken is not enabled for the client.')
    if (client.secret === undefined || client.secret !== input.Secret)
      throw fault('NotAuthorizedException', `Client secret does not match for the client: ${client.clientId}`)
    const allowed = machineScopes(local, client)
    const scopes = Array.isArray(input.Scopes) ? input.Scopes.map(String) : allowed
    if (!scopes.every(scope => allowed.includes(scope)))
      throw fault('ScopeDoesNotExistException', 'Invalid scope requested.')
    const { accessToken, expiresIn } = await issueMachineToken(
      local,
      client.clientId,
      scopes,
      input.ClientMetadata,
    )
    return {
      ClientAuthenticationResult: { AccessToken: accessToken, ExpiresIn: expiresIn, TokenType: 'Bearer' },
    }
  },
  RespondToAuthChallenge: (local, { input }) => respondToAuthChallenge(local, input),
  AdminRespondToAuthChallenge(local, call) {
    checkAdmin(local, call)
    return respondToAuthChallenge(local, call.input)
  },
}

/** Begins a sign-in, or refreshes one. */
async function initiateAuth(local: Local, input: Call['input'], isAdmin: boolean): Promise<object> {
  const client = clientOf(local, input)
  const parameters = members(input.AuthParameters)
  const name = textOf(input.AuthFlow)
  const flow = Object.hasOwn(flows, name) ? flows[name] : undefined
  if (!flow || (flow.isAdmin ?? isAdmin) !== isAdmin)
    throw fault('InvalidParameterException', 'Initiate Auth method not supported.')
  if (client.explicitAuthFlows?.includes(flow.allowedBy) === false)
    throw fault('InvalidParameterException', flow.refusal)
  if (flow.run === undefined) return refresh(local, client, parameters, input.ClientMetadata)
  const username = required(parameters, 'USERNAME')
  checkSecretHash(client, username, parameters.SECRET_HASH)
  if (name === 'USER_AUTH' && typeof input.Session === 'string')
    return continued(local, client, username, input.Session)
  const signIn = await begin(local, client, {
    username,
    password: parameters.PASSWORD,
    metadata: input.ClientMetadata,
  })
  return answerOf(local, await flow.run(local, signIn, parameters))
}

/** Continues a sign-in with the answer to a challenge. */
async function respondToAuthChallenge(local: Local, input: Call['input']): Promise<object> {
  const client = clientOf(local, input)
  const responses = members(input.ChallengeResponses)
  const username = required(responses, 'USERNAME')
  checkSecretHash(client, username, responses.SECRET_HASH)
  const isSrp = input.ChallengeName === 'PASSWORD_VERIFIER'
  const session = isSrp ? required(responses, 'PASSWORD_CLAIM_SECRET_BLOCK') : required(input, 'Session')
  const name = input.ChallengeName === confirmedName ? undefined : input.ChallengeName
  const asked = askedBy(local, session, name, client.clientId)
  return answerOf(local, await answered(local, asked, responses))
}

/** A `Session` for whoever has just confirmed a sign-up, which is good for one sign-in by `USER_AUTH`. */
export const sessionOfConfirmed = (local: Local, client: LocalClient, user: LocalUser): string => {
  const signIn: SignIn = { user, client, methods: [], level: 0 }
  // the code that confirmed the user is a first factor, where that is enough
  const answer = () =>
    needsFactor(local, user)
      ? byChoice(local, signIn, {})
      : proceed(local, { ...signIn, methods: ['email_otp'] })
  return ask(local, { name: confirmedName, parameters: {}, signIn, answer })
}

/** Calls the trigger that learns of a sign-in. */
export const postAuthentication = (local: Local, { user, client, metadata }: SignIn) =>
  callTrigger(local, 'postAuthentication', {
    source: 'PostAuthentication_Authentication',
    username: user.username,
    clientId: client.clientId,
    request: {
      userAttributes: attributesForTrigger(user),
      newDeviceUsed: false,
      clientMetadata: members(metadata),
    },
  })

/** New tokens for a refresh token, with a new refresh token where rotation is on. */
export async function refreshed(
  local: Local,
  client: LocalClient,
  token: string,
  metadata?: unknown,
): Promise<object> {
  const session = sessionToRefresh(local, client, token)
  const RefreshToken = refreshTokenFor(local, client, session, token)
  return result(local, session, 'RefreshTokens', metadata, RefreshToken)
}

interface Flow {
  /** Of `explicitAuthFlows`. */
  readonly allowedBy: string
  /** The error for a client that does not allow it. */
  readonly refusal: string
  /** Whether only administrators may begin it, or only others. Default: both. */
  readonly isAdmin?: boolean
  /** None refreshes. */
  readonly run?: (local: Local, signIn: SignIn, parameters: Call['input']) => Step | Promise<Step>
}

const passwordFlow = (local: Local, signIn: SignIn, parameters: Call['input']) =>
  byPassword(local, signIn, required(parameters, 'PASSWORD'))

const adminFlow: Flow = {
  allowedBy: 'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  refusal: 'Auth flow not enabled for this client',
  isAdmin: true,
  run: passwordFlow,
}

const refreshFlow: Flow = {
  allowedBy: 'ALLOW_REFRESH_TOKEN_AUTH',
  refusal: 'Auth flow not enabled for this client',
}

const flows: Readonly<Record<string, Flow>> = {
  USER_PASSWORD_AUTH: {
    allowedBy: 'ALLOW_USER_PASSWORD_AUTH',
    refusal: 'USER_PASSWORD_AUTH flow not enabled for this client',
    isAdmin: false,
    run: passwordFlow,
  },
  ADMIN_USER_PASSWORD_AUTH: adminFlow,
  ADMIN_NO_SRP_AUTH: adminFlow,
  USER_SRP_AUTH: {
    allowedBy: 'ALLOW_USER_SRP_AUTH',
    refusal: 'USER_SRP_AUTH is not enabled for the client.',
    run: (local, signIn, parameters) => bySrp(local, signIn, required(parameters, 'SRP_A')),
  },
  CUSTOM_AUTH: {
    allowedBy: 'ALLOW_CUSTOM_AUTH',
    refusal: 'CUSTOM_AUTH is not enabled for the client.',
    run: byTriggers,
  },
  USER_AUTH: {
    allowedBy: 'ALLOW_USER_AUTH',
    refusal: 'USER_AUTH is not enabled for the client.',
    run: chooseLevel,
  },
  REFRESH_TOKEN: refreshFlow,
  REFRESH_TOKEN_AUTH: refreshFlow,
}

/** What a user has proven before counts towards the level that an app asks for, unless it is too long ago. */
async function chooseLevel(local: Local, signIn: SignIn, parameters: Call['input']): Promise<Step> {
  const { TARGET_ACR_VALUES: names, ACCESS_TOKEN: token, MAX_AGE: maxAge } = parameters
  if (names === undefined) {
    if (token !== undefined)
      throw fault('InvalidParameterException', 'ACCESS_TOKEN requires TARGET_ACR_VALUES.')
    return byChoice(local, signIn, parameters)
  }
  const level = levelFor(local, signIn.user, required(parameters, 'TARGET_ACR_VALUES'))
  const methods =
    token === undefined ? [] : await creditOf(local, signIn, required(parameters, 'ACCESS_TOKEN'), maxAge)
  const known = { ...signIn, level, methods }
  return methods.includes('pwd') || levelOf(methods) >= level
    ? proceed(local, known)
    : byChoice(local, known, parameters)
}

async function creditOf(local: Local, { user }: SignIn, token: string, maxAge: unknown) {
  const access = await accessOf(local, token)
  if (typeof access === 'string' || access.session.user !== user)
    throw fault('NotAuthorizedException', 'Invalid Access Token')
  const age = local.clock.now() / 1000 - access.session.signedInAt
  return age <= numberOf(maxAge ?? Number.POSITIVE_INFINITY) ? access.session.methods : []
}

async function refresh(
  local: Local,
  client: LocalClient,
  parameters: Call['input'],
  metadata: unknown,
): Promise<object> {
  const token = required(parameters, 'REFRESH_TOKEN')
  const { user } = sessionToRefresh(local, client, token)
  if (client.refreshTokenRotation)
    throw fault('NotAuthorizedException', 'Refresh token rotation is enabled: use GetTokensFromRefreshToken.')
  checkSecretHash(client, [user.username, user.sub], parameters.SECRET_HASH)
  return refreshed(local, client, token, metadata)
}

async function continued(local: Local, client: LocalClient, username: string, session: string) {
  const asked = askedBy(local, session, confirmedName, client.clientId)
  return answerOf(local, await answered(local, asked, { USERNAME: username }))
}

/** The answer of the API: the next challenge, or tokens. */
async function answerOf(local: Local, step: Step): Promise<object> {
  if (step.name === undefined) return signedIn(local, step.signIn)
  return {
    ChallengeName: step.name,
    ChallengeParameters: step.parameters,
    ...(step.available && { AvailableChallenges: step.available }),
    Session: ask(local, step, step.parameters.SECRET_BLOCK),
  }
}

async function signedIn(local: Local, signIn: SignIn): Promise<object> {
  await postAuthentication(local, signIn)
  const { user, client, methods, source = 'Authentication', metadata } = signIn
  const session = local.sessions.open({
    user,
    clientId: client.clientId,
    scopes: ['aws.cognito.signin.user.admin'],
    isManagedLogin: false,
    methods,
  })
  const token = local.sessions.refreshToken(session, lifetimesOf(local, client.clientId).refresh)
  return result(local, session, source, metadata, token)
}

async function result(
  local: Local,
  session: Session,
  source: string,
  metadata: unknown,
  RefreshToken: string | undefined,
): Promise<object> {
  const { accessToken, idToken, expiresIn } = await issueTokens(local, session, source, metadata)
  const tokens = { AccessToken: accessToken, ExpiresIn: expiresIn, IdToken: idToken, TokenType: 'Bearer' }
  return {
    AuthenticationResult: { ...tokens, ...(RefreshToken !== undefined && { RefreshToken }) },
    ChallengeParameters: {},
  }
}

/** Of no challenge of AWS. */
const confirmedName = 'CONFIRMED'
