// Over 150 lines: one policy after the other, each a few lines and its documentation.
import { andThen, isPending, later } from '../maybe-promise.js'
import { aFunction, type OptionCheck } from '../options.js'
import type { Clock, JwtClaims, MaybePromise, RequestView, VerifiedToken } from '../types.js'
import {
  isNoMachine,
  isNoRead,
  isNoUser,
  isOfOtherAssurance,
  isOfOtherProvider,
  issuedBefore,
  lacksGroup,
  lacksScope,
  signedInBefore,
} from './explanations.js'
import { explained } from './hints.js'

/** What a refused client has to come back with. What does not fit into a header, such as a quote, is a fault (TypeError) when the policy refuses. */
export interface Challenge {
  /** The required scopes, separated by spaces (RFC 6750 section 3). */
  readonly scope?: string
  /** The longest time since the user signed in, in seconds (RFC 9470 section 3). */
  readonly maxAge?: number
  /** The authentication contexts that are accepted, separated by spaces (RFC 9470 section 3). */
  readonly acrValues?: string
}

/**
 * Decides whether a request is authorized, from its verified token and the request: `true` permits, `false` refuses. Called on every request,
 * whatever is cached. Any other answer is a fault of the server, as is what it throws: neither a permission nor a refusal.
 */
export interface Policy<C extends JwtClaims = JwtClaims> {
  (auth: VerifiedToken<C>, request: RequestView, clock?: Clock): MaybePromise<boolean>
  /**
   * The challenge for a client that this policy refuses. Default: nothing but the refusal. Its scopes are taken for what the policy always
   * requires; {@link every} and {@link some} have those of their parts.
   */
  readonly challenge?: Challenge
  /** Whether it names guests, as {@link isGuest} does. A policy that does not name them refuses every guest. Default: it does not. */
  readonly guests?: true
  /** For a combined policy: the part that refuses, `undefined` when none does. */
  readonly refusedBy?: (
    auth: VerifiedToken<C>,
    request: RequestView,
    clock?: Clock,
  ) => MaybePromise<Policy<C> | undefined>
}

/**
 * Permits access tokens with all of these scopes. The challenge names them.
 * Compares whole scopes: no scope matches by a prefix or another part.
 *
 * @throws TypeError without a scope, or for one outside of RFC 6749 section 3.3
 */
export function hasScope(...all: readonly [string, ...string[]]): Policy {
  expect(
    'hasScope',
    all,
    scope => typeof scope === 'string' && scopeToken.test(scope),
    'scopes, each without spaces or quotes',
  )
  const asked = policy(({ principal: { scopes } }) => all.every(scope => scopes.includes(scope)), {
    scope: all.join(' '),
  })
  return explained(asked, lacksScope(all))
}

/**
 * Permits users in any of these groups of the user pool (`cognito:groups`).
 *
 * @throws TypeError without a group
 */
export function inGroup(...any: readonly [string, ...string[]]): Policy {
  expect('inGroup', any, isName, 'group names')
  return explained<Policy>(
    ({ principal: { groups } }) => any.some(group => groups.includes(group)),
    lacksGroup(any),
  )
}

/**
 * Permits what all of these policies permit, evaluated in this order. The challenge is that of the first that refuses; where it is for a missing
 * scope, a guard adds the scopes that the others require, so that the client does not lose them.
 *
 * @throws TypeError without a policy
 */
export function every<C extends JwtClaims = JwtClaims>(...policies: readonly Policy<C>[]): Policy<C> {
  expect('every', policies, isPolicy, 'policies')
  return combined(policies, joinScopes(policies.map(scopeOf)), (auth, request, clock) =>
    firstRefusal(policies, auth, request, clock),
  )
}

/**
 * Permits what any of these policies permits, evaluated in this order up to the first that permits. The challenge is that of the first of them.
 * Where some of them name guests, a guest is permitted by those only.
 *
 * @throws TypeError without a policy
 */
export function some<C extends JwtClaims = JwtClaims>(...policies: readonly Policy<C>[]): Policy<C> {
  expect('some', policies, isPolicy, 'policies')
  const forGuests = policies.filter(({ guests }) => guests)
  return combined(policies, commonScopes(policies.map(scopeOf)), (auth, request, clock) => {
    const asked = forGuests.length > 0 && auth.principal.kind === 'guest' ? forGuests : policies
    const ask = (index: number, first?: Policy<C>): MaybePromise<Policy<C> | undefined> => {
      const next = asked[index]
      if (!next) return first
      return andThen(
        refusing(next, auth, request, clock),
        refused => refused && ask(index + 1, first ?? refused),
      )
    }
    return ask(0)
  })
}

/**
 * Permits what this policy refuses.
 *
 * @throws TypeError for anything but a policy
 */
export function not<C extends JwtClaims = JwtClaims>(refused: Policy<C>): Policy<C> {
  expect('not', [refused], isPolicy, 'a policy')
  return (auth, request, clock) => andThen(refusing(refused, auth, request, clock), isRefusal)
}

/**
 * Permits people, not machines and not guests. A token of an OpenID provider is a person's only where its claims show one: see
 * {@link OidcProviderOptions.kindFrom}.
 */
export const isUser: Policy = /* @__PURE__ */ explained<Policy>(
  ({ principal }) => principal.kind === 'user',
  isNoUser,
)

/**
 * Permits guests: identities of an identity pool that nobody signed in to. Only a policy that contains this one permits them; a
 * combination by `every` or `some` names guests when a part of it does, `not` never does.
 *
 * @example
 * app.use('/articles', protect(guard, some(isUser, every(isGuest, isRead)))) // readable by all, writable by signed-in users
 */
export const isGuest: Policy = /* @__PURE__ */ Object.assign(
  ({ principal }: VerifiedToken) => principal.kind === 'guest',
  { guests: true } as const,
)

/** Permits requests that are meant to change nothing: GET, HEAD and OPTIONS (RFC 9110 section 9.2.1). */
export const isRead: Policy = /* @__PURE__ */ explained<Policy>(
  (_auth, { method = '' }) => safeMethods.has(method),
  isNoRead,
)

/**
 * Permits machines: clients that act for themselves (client credentials). A token of an OpenID provider counts as a machine's where
 * nothing in it shows a person: of a provider that says too little, give {@link OidcProviderOptions.kindFrom}.
 */
export const isMachine: Policy = /* @__PURE__ */ explained<Policy>(
  ({ principal }) => principal.kind === 'machine',
  isNoMachine,
)

/**
 * Permits users whose profile was first linked to this identity provider, by its name in the user pool. Only ID tokens name it, access tokens
 * do not. Not where the user signed in this time: Cognito lists all linked providers in every ID token (`identities`), the first linked first.
 *
 * @throws TypeError without a name
 */
export function federatedBy(provider: string): Policy {
  expect('federatedBy', [provider], isName, 'the name of a provider')
  return explained<Policy>(({ principal }) => principal.provider?.name === provider, isOfOtherProvider)
}

/**
 * Permits users who signed in, not merely refreshed a session, at most so many seconds ago (`auth_time`). The challenge asks for it (RFC 9470).
 *
 * @throws TypeError for anything but a positive number of seconds
 */
export function signedInWithin(seconds: number): Policy {
  return explained(within('signedInWithin', 'auth_time', seconds), signedInBefore)
}

/**
 * Permits tokens issued at most so many seconds ago (`iat`), refreshed ones too: their groups and scopes are no older. The challenge
 * asks for a sign-in as recent (RFC 9470), the only thing that a challenge can request.
 *
 * @throws TypeError for anything but a positive number of seconds
 */
export function issuedWithin(seconds: number): Policy {
  return explained(within('issuedWithin', 'iat', seconds), issuedBefore)
}

/**
 * Permits users whose sign-in reached one of these authentication contexts (`acr`). The challenge names them (RFC 9470).
 * Cognito's are `urn:cognito:loa:1` to `4` unless the pool renames them; a pool that does not issue the claim permits nobody.
 *
 * @throws TypeError without a context
 */
export function withAssurance(...acr: readonly [string, ...string[]]): Policy {
  expect('withAssurance', acr, value => typeof value === 'string' && scopeToken.test(value), 'acr values')
  const asked = policy(({ claims }) => acr.includes(claims.acr as string), { acrValues: acr.join(' ') })
  return explained(asked, isOfOtherAssurance)
}

/** Returns the policy that refuses, if one does: this one, or the part of it that did. One that does not name guests refuses them. */
export const refusedBy = <C extends JwtClaims>(
  asked: Policy<C>,
  auth: VerifiedToken<C>,
  request: RequestView,
  clock?: Clock,
): MaybePromise<Policy<C> | undefined> =>
  auth.principal.kind === 'guest' && !asked.guests ? asked : refusing(asked, auth, request, clock)

/** Returns a policy that calls others; it names guests if one of them does. */
export const withGuestsOf = <C extends JwtClaims>(
  policy: Policy<C>,
  ...others: readonly (Policy<C> | undefined)[]
): Policy<C> =>
  others.some(each => each?.guests) ? Object.assign(policy, { guests: true as const }) : policy

/** Returns the scopes of several challenges, each once. */
export const joinScopes = (scopes: readonly (string | undefined)[]): string =>
  [...new Set(scopes.flatMap(scopesIn))].join(' ')

/** Checks an option that takes a policy. Refuses an explicit `undefined`: that is a misspelt name, and must not mean no policy. */
export const aPolicy: OptionCheck = /* @__PURE__ */ Object.assign((value: unknown) => aFunction(value), {
  refusesUndefined: true,
} as const)

export const isPolicy = (value: unknown): value is Policy => typeof value === 'function'

function within(name: string, claim: 'auth_time' | 'iat', seconds: number): Policy {
  expect(
    name,
    [seconds],
    value => Number.isFinite(value) && (value as number) > 0,
    'a positive number of seconds',
  )
  return policy(
    ({ claims: { [claim]: since } }, _request, clock = Date) =>
      typeof since === 'number' && since + seconds >= clock.now() / 1000,
    { maxAge: seconds },
  )
}

function refusing<C extends JwtClaims>(
  asked: Policy<C>,
  auth: VerifiedToken<C>,
  request: RequestView,
  clock?: Clock,
): MaybePromise<Policy<C> | undefined> {
  if (asked.refusedBy) {
    const refused = asked.refusedBy(auth, request, clock)
    return isPending(refused) ? later(refused, refuserIn, asked) : refuserIn(refused, asked)
  }
  const permitted = asked(auth, request, clock)
  return isPending(permitted) ? later(permitted, unlessPermitted, asked) : unlessPermitted(permitted, asked)
}

function unlessPermitted<C extends JwtClaims>(permitted: unknown, asked: Policy<C>): Policy<C> | undefined {
  if (permitted === true) return undefined
  if (permitted === false) return asked
  throw undecided(asked, 'neither true nor false')
}

function refuserIn<C extends JwtClaims>(refused: unknown, asked: Policy<C>): Policy<C> | undefined {
  if (refused === undefined || isPolicy(refused)) return refused
  throw undecided(asked, 'by refusedBy neither undefined nor a policy')
}

/** Taken for a refusal it would be a permission once `not` turns it around: it stops the request instead. */
const undecided = (asked: { readonly name: string }, answer: string) =>
  new TypeError(`policy ${asked.name || '(unnamed)'}: answered ${answer}`)

const isRefusal = (refused: unknown) => refused !== undefined

function firstRefusal<C extends JwtClaims>(
  policies: readonly Policy<C>[],
  auth: VerifiedToken<C>,
  request: RequestView,
  clock?: Clock,
): MaybePromise<Policy<C> | undefined> {
  for (const [index, asked] of policies.entries()) {
    const refused = refusing(asked, auth, request, clock)
    if (isPending(refused)) {
      return refused.then(later => later ?? firstRefusal(policies.slice(index + 1), auth, request, clock))
    }
    if (refused) return refused
  }
  return undefined
}

const policy = (ask: Policy, challenge: Challenge): Policy =>
  Object.assign(ask, { challenge: Object.freeze(challenge) })

const combined = <C extends JwtClaims>(
  parts: readonly Policy<C>[],
  scope: string,
  refusedBy: NonNullable<Policy<C>['refusedBy']>,
): Policy<C> =>
  withGuestsOf(
    Object.assign(
      (auth: VerifiedToken<C>, request: RequestView, clock?: Clock) =>
        andThen(refusedBy(auth, request, clock), refused => refused === undefined),
      { refusedBy, ...(scope && { challenge: Object.freeze({ scope }) }) },
    ),
    ...parts,
  )

const scopeOf = <C extends JwtClaims>({ challenge }: Policy<C>) => challenge?.scope

/** What every alternative requires. */
const commonScopes = ([first, ...others]: readonly (string | undefined)[]) =>
  scopesIn(first)
    .filter(scope => others.every(other => scopesIn(other).includes(scope)))
    .join(' ')

/** A policy of an application may say anything. */
const scopesIn = (scope: unknown) => (typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [])

function expect(
  name: string,
  values: readonly unknown[],
  isRight: (value: unknown) => boolean,
  what: string,
): void {
  if (values.length === 0 || !values.every(isRight)) throw new TypeError(`${name}: expected ${what}`)
}

const isName = (value: unknown) => typeof value === 'string' && value !== ''

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** RFC 6749 section 3.3; nothing that could end a quoted string in a header. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/
