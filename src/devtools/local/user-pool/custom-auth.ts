import { fault, members, required } from '../aws.js'
import type { Local } from '../local.js'
import { wrongPassword } from './accounts.js'
import { bySrp } from './first-factors.js'
import type { Challenge, Responses, SignIn, Step } from './question.js'
import { proceed } from './second-factors.js'
import { attributesForTrigger, callTrigger, hasTrigger, unrecognizable } from './triggers.js'

/** A question that the user has answered, as triggers get it. */
interface Result {
  readonly challengeName: string
  readonly challengeResult: boolean
  readonly challengeMetadata?: unknown
}

/**
 * What follows in a sign-in that three triggers decide (`CUSTOM_AUTH`; Custom authentication challenge Lambda triggers, Amazon Cognito Developer Guide).
 * With `CHALLENGE_NAME=SRP_A` a password comes first.
 */
export function byTriggers(local: Local, signIn: SignIn, parameters: Responses): Promise<Step> {
  if (!hasTrigger(local, 'defineAuthChallenge'))
    throw fault(
      'InvalidParameterException',
      'Custom auth lambda trigger is not configured for the user pool.',
    )
  if (parameters.CHALLENGE_NAME !== 'SRP_A') return define(local, signIn, [])
  const clientPublic = required(parameters, 'SRP_A')
  return define(local, signIn, [passed('SRP_A')], clientPublic)
}

/** Asks the trigger that decides what comes next. */
async function define(
  local: Local,
  signIn: SignIn,
  session: readonly Result[],
  clientPublic?: string,
): Promise<Step> {
  const { issueTokens, failAuthentication, challengeName } = await call(
    local,
    signIn,
    'defineAuthChallenge',
    { session },
    { challengeName: null, issueTokens: null, failAuthentication: null },
  )
  if (failAuthentication === true) throw wrongPassword()
  if (issueTokens === true) return proceed(local, signIn)
  if (challengeName === 'PASSWORD_VERIFIER' && clientPublic !== undefined)
    return bySrp(local, signIn, clientPublic, proven =>
      define(local, proven, [...session, passed('PASSWORD_VERIFIER')]),
    )
  if (challengeName !== 'CUSTOM_CHALLENGE') throw unrecognizable()
  return create(local, signIn, session)
}

/** Asks the trigger that makes a question. */
async function create(local: Local, signIn: SignIn, session: readonly Result[]): Promise<Challenge> {
  const challengeName = 'CUSTOM_CHALLENGE'
  const { publicChallengeParameters, privateChallengeParameters, challengeMetadata } = await call(
    local,
    signIn,
    'createAuthChallenge',
    { challengeName, session },
    { publicChallengeParameters: null, privateChallengeParameters: null, challengeMetadata: null },
  )
  const shown = Object.entries(members(publicChallengeParameters)).map(([name, value]) => [
    name,
    String(value),
  ])
  return {
    name: challengeName,
    parameters: { USERNAME: signIn.user.username, ...(Object.fromEntries(shown) as Record<string, string>) },
    signIn,
    async answer(responses) {
      const { answerCorrect } = await call(
        local,
        signIn,
        'verifyAuthChallengeResponse',
        {
          privateChallengeParameters: members(privateChallengeParameters),
          challengeAnswer: required(responses, 'ANSWER'),
        },
        { answerCorrect: null },
      )
      const result = { challengeName, challengeResult: answerCorrect === true, challengeMetadata }
      return define(local, signIn, [...session, result])
    },
  }
}

async function call(
  local: Local,
  { user, client, metadata }: SignIn,
  name: 'defineAuthChallenge' | 'createAuthChallenge' | 'verifyAuthChallengeResponse',
  request: object,
  response: object,
) {
  const answer = await callTrigger(local, name, {
    source: `${name[0]?.toUpperCase()}${name.slice(1)}_Authentication`,
    username: user.username,
    clientId: client.clientId,
    request: { userAttributes: attributesForTrigger(user), ...request, clientMetadata: members(metadata) },
    response,
  })
  if (!answer) throw fault('InvalidParameterException', `The user pool has no ${name} trigger.`)
  return answer
}

const passed = (challengeName: string): Result => ({ challengeName, challengeResult: true })
