import { fault, members } from '../aws.js'
import type { Local } from '../local.js'
import type { UserClaims } from '../types.js'
import type { Session } from './sessions.js'
import { type Overrides, overriddenScopes, overridesIn, textsIn } from './token-overrides.js'
import { attributesForTrigger, callTrigger } from './triggers.js'
import { rolesOf } from './users.js'

/** What the file, a script and the pre token generation trigger change about tokens, in this order. */
interface Changes extends Readonly<Record<keyof UserClaims, readonly Overrides[]>> {
  readonly scopes: readonly string[]
  /** Instead of those of the user. */
  readonly groups?: readonly string[] | undefined
  readonly roles: Readonly<Record<string, unknown>>
}

/**
 * Resolves to what changes about the tokens of a session.
 * Source: "Pre token generation Lambda trigger", Amazon Cognito Developer Guide.
 */
export async function changesFor(
  local: Local,
  { user, clientId, claims }: Session,
  scopes: readonly string[],
  source: string,
  metadata: unknown,
): Promise<Changes> {
  const roles = rolesOf(local.users.groups, user)
  const groupConfiguration = {
    groupsToOverride: user.groups,
    iamRolesToOverride: roles['cognito:roles'] ?? [],
    preferredRole: roles['cognito:preferred_role'] ?? null,
  }
  const answer = await ask(local, clientId, user.username, {
    source,
    scopes,
    userAttributes: attributesForTrigger(user),
    groupConfiguration,
    metadata,
  })
  const access = overridesIn(answer?.accessTokenGeneration)
  const given = (kind: keyof UserClaims) =>
    [user.claims?.[kind], claims?.[kind]].map(add => ({ add: add ?? {}, suppress: [] }))
  return {
    access: [...given('access'), access],
    id: [...given('id'), overridesIn(answer?.idTokenGeneration)],
    scopes: overriddenScopes(scopes, access.scopes),
    ...groupsIn(answer?.groupOverrideDetails),
  }
}

/** Resolves to what changes about the token of a machine: only a V3 trigger is asked. */
export async function machineChanges(
  local: Local,
  clientId: string,
  scopes: readonly string[],
  metadata: unknown,
): Promise<{ readonly access: Overrides; readonly scopes: readonly string[] } | undefined> {
  if (local.config.triggers.preTokenGenerationVersion !== 'V3_0') return undefined
  const answer = await ask(local, clientId, 'ClientCredentials', {
    source: 'TokenGeneration_ClientCredentials',
    scopes,
    userAttributes: {},
    groupConfiguration: null,
    metadata,
  })
  const access = overridesIn(answer?.accessTokenGeneration)
  return { access, scopes: overriddenScopes(scopes, access.scopes) }
}

interface Question {
  readonly source: string
  readonly scopes: readonly string[]
  readonly userAttributes: object
  readonly groupConfiguration: object | null
  readonly metadata: unknown
}

/** The answer in the form of version two, whichever version is asked. */
async function ask(
  local: Local,
  clientId: string,
  username: string,
  { source, scopes, userAttributes, groupConfiguration, metadata }: Question,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const version = local.config.triggers.preTokenGenerationVersion ?? 'V2_0'
  const isFirst = version === 'V1_0'
  const [name, other] = isFirst ? [first, second] : [second, first]
  const response = await callTrigger(local, 'preTokenGeneration', {
    source,
    version: version.slice(1, 2),
    username,
    clientId,
    request: {
      userAttributes,
      groupConfiguration,
      ...(!isFirst && { scopes }),
      clientMetadata: members(metadata),
    },
    response: { [name]: null },
  })
  if (!response) return undefined
  if (!response[name] && response[other])
    throw fault(
      'InvalidLambdaResponseException',
      `The preTokenGeneration trigger is called with version ${version} and answers another: ${other}.`,
    )
  const answer = members(response[name])
  return isFirst
    ? { idTokenGeneration: texts(answer), groupOverrideDetails: answer.groupOverrideDetails }
    : answer
}

/** Version one knows texts only. */
function texts(answer: Readonly<Record<string, unknown>>) {
  const all = Object.entries(members(answer.claimsToAddOrOverride))
  if (all.some(([, value]) => typeof value === 'object'))
    throw fault('InvalidLambdaResponseException', 'Unrecognizable lambda output')
  return {
    ...answer,
    claimsToAddOrOverride: Object.fromEntries(all.map(([name, value]) => [name, String(value)])),
  }
}

/** An empty override takes the groups away, none leaves them. */
function groupsIn(details: unknown): Pick<Changes, 'groups' | 'roles'> {
  if (typeof details !== 'object' || details === null) return { roles: {} }
  const { groupsToOverride, iamRolesToOverride, preferredRole } = members(details)
  const roles = textsIn(iamRolesToOverride)
  return {
    groups: textsIn(groupsToOverride),
    roles: {
      'cognito:roles': roles.length > 0 ? roles : undefined,
      'cognito:preferred_role': typeof preferredRole === 'string' ? preferredRole : undefined,
    },
  }
}

const first = 'claimsOverrideDetails'
const second = 'claimsAndScopeOverrideDetails'
