// Over 150 lines: the event, the answer and the faults of every trigger.
import { randomUUID } from 'node:crypto'
import { fault, members } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalClient, TriggerFunction, TriggerName } from '../types.js'
import { claimAliases } from './user-attributes.js'
import type { LocalUser } from './users.js'

/** A call of a trigger. */
interface TriggerCall {
  /** Why it is called, such as `PreSignUp_SignUp`. */
  readonly source: string
  readonly username: string
  readonly clientId: string
  readonly request: object
  /** The members of the answer, empty. */
  readonly response?: object
  /** Default: 1. */
  readonly version?: string
}

type Input = Readonly<Record<string, unknown>>

/**
 * Resolves to the `response` of a trigger, `undefined` where there is none of that name. The event and the answer are copied as JSON, as on the way to AWS Lambda.
 * Sources: "Customizing user pool workflows with Lambda triggers", Amazon Cognito Developer Guide.
 */
export async function callTrigger(
  { config }: Local,
  name: TriggerName,
  { source, username, clientId, request, response = {}, version = '1' }: TriggerCall,
): Promise<Input | undefined> {
  const run = config.triggers[name]
  if (typeof run !== 'function') return undefined
  const event = {
    version,
    triggerSource: source,
    region: config.userPoolId.replace(/_.*$/, ''),
    userPoolId: config.userPoolId,
    userName: username,
    callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId },
    request,
    response,
  }
  const title = `${name[0]?.toUpperCase()}${name.slice(1)}`
  const answer = await within(secondsToAnswer, () => invoke(run, event)).catch(error => {
    throw error === late
      ? fault('UnexpectedLambdaException', `${title} did not answer within ${secondsToAnswer} seconds.`)
      : fault('UserLambdaValidationException', `${title} failed with error ${messageOf(error)}.`)
  })
  const given = members(answer).response
  if (typeof given !== 'object' || given === null) throw unrecognizable()
  return given as Input
}

/** Whether a trigger is there. */
export const hasTrigger = ({ config }: Local, name: TriggerName): boolean =>
  typeof config.triggers[name] === 'function'

/** For an answer that no trigger may give. */
export const unrecognizable = (): Error =>
  fault('InvalidLambdaResponseException', 'Unrecognizable lambda output')

/** The attributes of a user as triggers get them: texts only. */
export const attributesForTrigger = ({ sub, status, attributes, identities }: LocalUser) => ({
  sub,
  'cognito:user_status': status,
  ...attributes,
  ...(identities && { identities: JSON.stringify(identities) }),
})

/** What a pre sign-up trigger decides about a new user. */
export interface SignUpVerdict {
  readonly autoConfirmUser?: boolean
  readonly autoVerifyEmail?: boolean
  readonly autoVerifyPhone?: boolean
}

/** Resolves to what the pre sign-up trigger decides. Rejects when it refuses the user. */
export async function preSignUp(
  local: Local,
  { clientId }: LocalClient,
  username: string,
  userAttributes: Readonly<Record<string, string>>,
  input: Input = {},
): Promise<SignUpVerdict> {
  const answer = await callTrigger(local, 'preSignUp', {
    source: 'PreSignUp_SignUp',
    username,
    clientId,
    request: {
      userAttributes,
      validationData: pairsIn(input.ValidationData),
      clientMetadata: members(input.ClientMetadata),
    },
    response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
  })
  return answer ?? {}
}

/** Confirms and verifies a new user as the pre sign-up trigger decided. Returns whether the user is confirmed. */
export function applyVerdict(local: Local, user: LocalUser, verdict: SignUpVerdict): boolean {
  const attributes = { ...user.attributes }
  if (verdict.autoVerifyEmail && attributes.email) attributes.email_verified = 'true'
  if (verdict.autoVerifyPhone && attributes.phone_number) attributes.phone_number_verified = 'true'
  claimAliases(local, user, attributes)
  user.attributes = attributes
  if (!verdict.autoConfirmUser) return false
  user.status = 'CONFIRMED'
  delete user.codes.signUp
  return true
}

/** Calls the trigger that learns of a confirmed user. */
export const postConfirmation = (
  local: Local,
  { clientId }: LocalClient,
  user: LocalUser,
  metadata: unknown,
  source = 'ConfirmSignUp',
) =>
  callTrigger(local, 'postConfirmation', {
    source: `PostConfirmation_${source}`,
    username: user.username,
    clientId,
    request: { userAttributes: attributesForTrigger(user), clientMetadata: members(metadata) },
  })

/** A function of AWS Lambda answers with a promise, or by a callback. */
async function invoke(run: TriggerFunction, event: object): Promise<unknown> {
  const answer = await new Promise((resolve, reject) => {
    const callback = (error: unknown, result: unknown) => (error ? reject(error) : resolve(result))
    const returned = run(copyOf(event) as never, { awsRequestId: randomUUID() }, callback)
    if (run.length < 3 || returned instanceof Promise) resolve(returned)
  })
  return answer === undefined ? undefined : copyOf(answer)
}

/** Rejects with {@link late} after so many seconds of this machine: the clock of the local Cognito may be set. */
async function within<T>(seconds: number, run: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, seconds * 1000, late).unref()
  })
  return Promise.race([run(), timedOut]).finally(() => clearTimeout(timer))
}

/** A trigger may throw anything, also what is no text. */
function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'that is no text'
  }
}

const copyOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const pairsIn = (list: unknown) =>
  Object.fromEntries((Array.isArray(list) ? list : []).map(members).map(({ Name, Value }) => [Name, Value]))

/** After which Amazon Cognito gives up a trigger. */
const secondsToAnswer = 5

const late = Symbol('late')
