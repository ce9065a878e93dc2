// Over 150 lines: one flow, from a check to its answer.
import { isAuthError, refusal } from '../../src/errors.js'
import { verifierOf } from '../../src/guard/guard.js'
import { andThen, isPending, tell } from '../../src/maybe-promise.js'
import type { MaybePromise, RequestView, VerifiedToken } from '../../src/types.js'
import {
  type Answer,
  authorized,
  faulted,
  json,
  misconfigured,
  type Outcome,
  refused,
  refusedWith,
  unspeakable,
} from './answers.js'
import { assertions } from './assertion.js'
import { type Asked, askedBy, type Check, originalOf } from './dialects.js'
import type { ForwardAuthEvent } from './events.js'
import { families, identityHeaders } from './identity.js'
import { checkedGuards, type ForwardAuthGuard, type ForwardAuthOptions } from './options.js'
import { ownMachine, peersOf } from './peers.js'
import { routeTable } from './routes.js'

/** Answers checks, and the public paths. */
export interface Endpoint {
  answer(check: Check): MaybePromise<Answer>
  ready(): Promise<void>
  readonly identityHeaders: readonly string[]
}

/**
 * Returns what both handlers ask: the public paths, then the peer, the dialect, the guard of that name, and the answer in the dialect.
 *
 * @throws TypeError for a wrong argument, naming it
 */
export function createEndpoint(
  guards: ForwardAuthGuard | Readonly<Record<string, ForwardAuthGuard>>,
  options: ForwardAuthOptions,
): Endpoint {
  // Over 40 lines: the parts of one configuration, and the order of the checks.
  const named = checkedGuards(guards, options)
  const names = new Set(named.keys())
  const { headers = 'x-auth-request', peers = ownMachine, removeAuthorization = false } = options
  const isPeer = peersOf([peers].flat())
  const routes = options.routes && routeTable(options.routes, names)
  const signing = options.assertion && assertions(options.assertion, names)
  const { warn, report } = reporting(options)
  const readiness = readinessOf([...named.values()], options.isReady)
  const publicPaths = new Map<string, () => Answer>([
    ['/healthz', () => json(200, { status: 'ok' })],
    ['/readyz', () => (readiness.now() ? json(200, { status: 'ready' }) : notReady)],
    ...(signing ? [['/.well-known/jwks.json', () => keySetAnswer(signing.jwks)] as const] : []),
  ])

  function decide(check: Check, asked: Asked | undefined): MaybePromise<Named> {
    if (!isPeer(check.peer)) return { outcome: misconfigured(403, 'peer_refused', strangerHint) }
    if (!asked) return { outcome: misconfigured(404, 'not_found', noDialectHint) }
    // normalised, a client's path would choose the guard: /ext-authz/admin/../open
    if (asked.rest !== undefined && !check.isRaw)
      return { outcome: misconfigured(500, 'unknown_dialect', notRawHint) }
    const request = originalOf(asked, check)
    const name = asked.name === 'default' && routes ? nameByRoute(routes, request) : asked.name
    if (name === undefined) return { outcome: refusedWith(refusal('ERR_PERMISSION_DENIED', noRouteHint)) }
    const guard = named.get(name)
    if (!guard) return { outcome: misconfigured(500, 'unknown_guard', noGuardHint) }
    return andThen(guard(request), decision => ({
      name,
      outcome: decision.authorized ? permitted(decision.auth, name, asked) : refused(decision),
    }))
  }

  function permitted(auth: VerifiedToken | undefined, name: string, { dialect }: Asked): Outcome {
    const now = (verifierOf(named.get(name) as ForwardAuthGuard)?.clock ?? Date).now()
    const assertion = auth && signing ? signing.sign(auth, name, now) : ''
    const identity = identityHeaders(families[headers], auth, assertion)
    if (!identity) return unspeakable()
    const removal = dialect === 'ext-authz' && removeAuthorization ? removesAuthorization : {}
    return authorized({ ...identity, ...removal }, auth === undefined)
  }

  return {
    answer(check) {
      const known = publicPaths.get(check.url.replace(/\?.*$/, ''))
      if (known) return known()
      const began = performance.now()
      const asked = askedBy(check.url)
      const settle = ({ name, outcome: { answer, event } }: Named): Answer => {
        const duration = performance.now() - began
        if (event.outcome === 'misconfigured') warn(event.hint as string)
        report({ dialect: asked?.dialect, guard: name, status: answer.status, ...event, duration })
        return answer
      }
      const settleThrown = (thrown: unknown) => settle({ outcome: thrownOutcome(thrown) })
      try {
        const decided = decide(check, asked)
        return isPending(decided) ? decided.then(settle, settleThrown) : settle(decided)
      } catch (thrown) {
        return settleThrown(thrown)
      }
    },
    ready: readiness.load,
    identityHeaders: Object.values(families[headers]),
  }
}

/** An outcome, with the name of the guard that was asked. */
interface Named {
  readonly outcome: Outcome
  readonly name?: string
}

function nameByRoute(routes: (path: string) => string | undefined, request: RequestView): string | undefined {
  const { url } = request
  if (url === undefined) throw refusal('ERR_REQUEST_INVALID', noPathHint)
  return routes(url.replace(/\?.*$/, ''))
}

const thrownOutcome = (thrown: unknown): Outcome =>
  isAuthError(thrown) ? refusedWith(thrown) : faulted(thrown)

/** What an application is told of. What it throws is its own affair. */
function reporting({ onAnswer, onWarning = emitWarning }: ForwardAuthOptions) {
  const said = new Set<string>()
  return {
    warn(message: string) {
      if (said.has(message)) return
      said.add(message)
      tell(onWarning, message)
    },
    report: (event: ForwardAuthEvent) => tell(onAnswer, event),
  }
}

/** Whether all keys and revocations are loaded, and the keys not too old to be used. */
function readinessOf(guards: readonly ForwardAuthGuard[], isReady = () => true) {
  const verifiers = [...new Set(guards.flatMap(guard => verifierOf(guard) ?? []))]
  let isLoaded = false
  let loading: Promise<void> | undefined
  function load(): Promise<void> {
    loading ??= Promise.all(verifiers.map(verifier => verifier.ready()))
      .then(() => {
        isLoaded = true
      })
      .finally(() => {
        loading = undefined
      })
    return loading
  }
  return {
    load,
    now() {
      try {
        const isUsable = verifiers.every(verifier =>
          verifier.health().every(({ state }) => state !== 'expired'),
        )
        // no checks come while it is not ready: nothing else would fetch the keys again
        if (!isLoaded || !isUsable) load().catch(() => {})
        return isLoaded && isUsable && isReady() === true
      } catch {
        return false
      }
    },
  }
}

/** An old key stays in it for as long as assertions of it are valid, so that it may be cached for longer than they are. */
const keySetAnswer = (jwks: string): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' },
  body: jwks,
})

const notReady = json(503, { status: 'not ready' }, { 'Retry-After': '5' })

const removesAuthorization = { 'x-envoy-auth-headers-to-remove': 'authorization' }

const emitWarning = (message: string) => process.emitWarning(message, 'CognitoGuardWarning')

const strangerHint = 'A check came from an address that is not listed in peers.'
const noDialectHint =
  'A check came to a path that is none: /auth-request, /forward-auth, /haproxy, each with the name of a guard after a slash, or /ext-authz/<name>/<path>.'
const notRawHint = 'A Request cannot carry the path of /ext-authz as it was sent: serve it with node:http.'
const noGuardHint = 'A check names a guard that there is not.'
const noRouteHint = 'No route is for this path.'
const noPathHint = 'Routes need the original path: see the recipe of the proxy.'
