// Over 150 lines: most of it is the table of controls.
import { aCount, aString, checkOptions, type OptionChecks, oneOf } from '../../../options.js'
import { strings } from '../../../testing/token-options.js'
import type { MaybePromise } from '../../../types.js'
import { allScopes } from '../config.js'
import { someOf, userClaims } from '../config-checks.js'
import { type KeySetBehaviour, keySetModes, type Local } from '../local.js'
import type { Lifetimes, UserClaims } from '../types.js'
import { type Method, methodNames } from '../user-pool/methods.js'
import { issueMachineToken, issueTokens } from '../user-pool/tokens.js'
import type { LocalUser } from '../user-pool/users.js'

type Input = Readonly<Record<string, unknown>>

interface Control {
  readonly checks: OptionChecks
  readonly apply: (local: Local, input: Input) => MaybePromise<object | void>
}

/**
 * Runs a control, and resolves to its answer.
 *
 * @throws TypeError for a control or an input that does not exist
 */
export async function control(local: Local, name: string, input: unknown): Promise<object> {
  const found = Object.hasOwn(controls, name) ? controls[name] : undefined
  if (!found) throw new TypeError(`${name} is no control; known are ${Object.keys(controls).join(', ')}`)
  checkOptions(name, input, found.checks)
  return (await found.apply(local, input as Input)) ?? stateOf(local)
}

/** The whole state that the controls show, as JSON. */
export const stateOf = (local: Local) => ({
  userPoolId: local.config.userPoolId,
  issuer: local.issuer,
  clockOffset: Math.round((local.clock.now() - Date.now()) / 1000),
  lifetimes: local.lifetimes,
  keySet: local.keySet,
  keys: local.keys.jwks().keys.map(({ kid }) => ({ kid, signs: useOf(local, kid) })),
  groups: [...local.users.groups.keys()],
  users: local.users
    .all()
    .map(({ username, sub, status, enabled, groups, attributes, codes, identities }) => ({
      username,
      sub,
      status,
      enabled,
      groups,
      attributes,
      codes,
      identities,
    })),
  // the newest: thousands of sign-ins by a test do not make the page a megabyte
  sessions: local.sessions
    .all()
    .slice(-100)
    .map(({ id, user, clientId, scopes, signedInAt, isRevoked }) => ({
      id,
      username: user.username,
      clientId,
      scopes,
      signedInAt,
      isRevoked,
    })),
  decisions: local.decisions.recent(),
})

/** The controls. Durations are in seconds. */
const controls: Readonly<Record<string, Control>> = {
  clock: {
    checks: { offset: aCount(-315_360_000, 315_360_000) },
    apply: ({ clock }, { offset }) => clock.set(Date.now() + (offset as number) * 1000),
  },
  lifetimes: {
    checks: { 'access?': aCount(1, 86_400), 'id?': aCount(1, 86_400), 'refresh?': aCount(1, 315_360_000) },
    apply(local, input) {
      local.lifetimes = { ...local.lifetimes, ...(input as Partial<Lifetimes>) }
    },
  },
  'rotate-keys': { checks: {}, apply: ({ keys }) => keys.rotate() },
  'withdraw-key': {
    checks: { kid: aString },
    apply({ keys }, { kid }) {
      if (!keys.withdraw(kid as string)) throw new TypeError('withdraw-key: kid is not published')
    },
  },
  'key-set': {
    checks: { mode: oneOf(...keySetModes), 'seconds?': aCount(0, 600) },
    apply(local, input) {
      local.keySet = { ...local.keySet, ...(input as unknown as KeySetBehaviour) }
    },
  },
  'revoke-session': {
    checks: { session: aString },
    apply({ sessions }, { session: id }) {
      const session = sessions.find(id)
      if (!session) throw new TypeError('revoke-session: session is unknown')
      session.isRevoked = true
    },
  },
  'sign-out': {
    checks: { username: aString },
    apply: (local, { username }) => local.sessions.signOutEverywhere(userOf(local, username)),
  },
  groups: {
    checks: { username: aString, groups: strings },
    apply(local, { username, groups }) {
      const unknown = (groups as string[]).find(group => !local.users.groups.has(group))
      if (unknown !== undefined) throw new TypeError(`groups: groups names ${unknown}, which is no group`)
      userOf(local, username).groups = groups as string[]
    },
  },
  tokens: {
    checks: {
      username: aString,
      'clientId?': aString,
      'scopes?': strings,
      'claims?': userClaims,
      'amr?': someOf(...methodNames),
    },
    apply(local, { username, clientId, scopes, claims, amr }) {
      const { openid, custom } = scopesOf(local)
      const session = local.sessions.open({
        user: userOf(local, username),
        clientId: (clientId as string | undefined) ?? (local.config.clients[0]?.clientId as string),
        scopes: (scopes as string[] | undefined) ?? [...openid, ...custom],
        isManagedLogin: true,
        claims: claims as UserClaims | undefined,
        methods: (amr as readonly Method[] | undefined) ?? ['pwd'],
      })
      return issueTokens(local, session, 'HostedAuth')
    },
  },
  'machine-token': {
    checks: { clientId: aString, 'scopes?': strings },
    apply: (local, { clientId, scopes }) =>
      issueMachineToken(
        local,
        clientId as string,
        (scopes as string[] | undefined) ?? scopesOf(local).custom,
      ),
  },
}

/** @throws TypeError for nobody */
export function userOf(local: Local, username: unknown): LocalUser {
  const user = local.users.find(username as string)
  if (!user) throw new TypeError('username is nobody here')
  return user
}

const scopesOf = ({ config }: Local) => ({
  openid: ['openid', 'email', 'profile'],
  custom: allScopes(config).filter(scope => scope.includes('/')),
})

function useOf({ keys: { current } }: Local, kid: string): string {
  const uses = (['access', 'id'] as const).filter(use => current[use].jwk.kid === kid)
  return uses.map(use => `${use} tokens`).join(', ')
}
