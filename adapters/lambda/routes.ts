// Over 150 lines: routes are parsed, ordered and turned into grants here, and each step needs the others' rules on slashes.
/**
 * API Gateway caches the policy of a Lambda authorizer for all routes of the API, so it must be right for every route. In its
 * resource ARNs `*` stands for any characters, slashes too, and a Deny wins over an Allow. Therefore:
 *
 * - A route is decided by the most specific pattern that it matches, as API Gateway routes; what matches none is not allowed.
 * - `ANY` is expanded to all methods: `*` in place of the method would match parts of the path too.
 * - `/a/{proxy+}` is allowed as `/a/*`, with a Deny for each refused route below it, one for `/a/` unless that is permitted too, and those for two
 *   slashes in a row, which some backends merge into one: they would bypass the other Denies.
 * - `/a/{id}` is allowed as `/a/*`, with a Deny for deeper paths.
 * - Where such a Deny would match a permitted route, or a wildcard is in the middle, no shared policy can express it.
 *   The route is then allowed request by request, by its exact ARN.
 *
 * Over 150 lines: parsing, ordering and compiling routes are correct only together.
 */
import type { Policy } from '../../src/guard/policy.js'

/** One method and one path of the `routes` option. */
export interface Route {
  /** As in the option, such as `GET /admin/{proxy+}`. */
  readonly name: string
  readonly method: string
  /** The path's segments before the first wildcard. */
  readonly prefix: readonly string[]
  readonly segments: readonly string[]
  /** `tail`: everything below the prefix. `last`: one segment below it. `middle`: anything else with a wildcard. */
  readonly kind: 'exact' | 'tail' | 'last' | 'middle'
  readonly policy: Policy
}

/** Resources relative to the stage, and the permitted routes that they cannot cover. */
interface Grants {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly separate: readonly Route[]
}

/**
 * Returns the routes of the option, one for each method.
 *
 * @throws TypeError naming the route that is no method and path, is a duplicate, or has no policy
 */
export function parseRoutes(routes: Readonly<Record<string, Policy>> | undefined): Route[] | undefined {
  if (!routes) return undefined
  if (Object.keys(routes).length === 0) throw new TypeError('routes: there is none')
  const parsed = Object.entries(routes).flatMap(([name, policy]) => {
    const [, method = '', path = ''] = /^([A-Z]+) \/(.*)$/.exec(name) ?? []
    const segments = path === '' ? [] : path.split('/')
    const wildcard = segments.findIndex(isWildcard)
    const areValid = segments.every((segment, index) =>
      isTail(segment) ? index === segments.length - 1 : /^(\{[\w.-]+\}|[\w.~!$&'()+,;=:@%-]+)$/.test(segment),
    )
    if (!(method === 'ANY' || methods.includes(method)) || !areValid)
      throw new TypeError(`routes: ${name} must be like "GET /orders/{id}" or "ANY /admin/{proxy+}"`)
    if (typeof policy !== 'function')
      throw new TypeError(`routes: the policy of ${name} is ${String(policy)}`)
    return (method === 'ANY' ? methods : [method]).map(
      (one): Route => ({
        name,
        method: one,
        prefix: wildcard < 0 ? segments : segments.slice(0, wildcard),
        segments,
        kind: kindOf(segments, wildcard),
        policy,
      }),
    )
  })
  return parsed.filter(route => {
    const rivals = parsed.filter(other => other !== route && shape(other) === shape(route))
    const same = rivals.find(rival => isAny(rival) === isAny(route))
    if (same) throw new TypeError(`routes: ${route.name} and ${same.name} are the same`)
    // a method of its own comes before ANY
    return rivals.length === 0 || !isAny(route)
  })
}

/** Returns the resources that allow the permitted ones of these routes. */
export function grantsOf(routes: readonly Route[], isPermitted: (route: Route) => boolean): Grants {
  const allow: string[] = []
  const deny: string[] = []
  const separate: Route[] = []
  for (const method of methods) {
    const own = routes.filter(route => route.method === method)
    const permitted = own.filter(isPermitted)
    const refused = own.filter(route => !permitted.includes(route))
    const shared: Route[] = []
    // the broadest first: a route below a shared one needs no resource of its own
    for (const route of permitted.toSorted(byBreadth)) {
      if (shared.some(broad => broad.kind === 'tail' && isBelow(route, broad))) continue
      const denied = deniedWith(route, permitted, refused)
      if (!denied) {
        separate.push(route)
        continue
      }
      shared.push(route)
      allow.push(route.kind === 'exact' ? resource(route) : resource(route, '*'))
      deny.push(...denied)
    }
  }
  return { allow, deny: [...new Set(deny)], separate }
}

/** Returns the most specific route that a request matches. A path with a slash at the end is another path, which only `{proxy+}` matches. */
export function routeOf(routes: readonly Route[], method: string, path: string): Route | undefined {
  const segments = path.split('/')
  return routes
    .filter(route => route.method === method && matches(route, path === '' ? [] : segments))
    .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))[0]
}

/** Returns what a shared policy must deny to allow `route`; `undefined` when it cannot allow it. */
function deniedWith(
  route: Route,
  permitted: readonly Route[],
  refused: readonly Route[],
): string[] | undefined {
  if (route.kind === 'exact') return []
  if (route.kind === 'middle') return undefined
  const denied: string[] = []
  // `/a/*` matches `/a/` and `/a//b` too: for API Gateway paths of a broader route, for many backends `/a` and `/a/b`
  const isOpenAbove = permitted.some(
    ({ kind, segments }) => kind === 'exact' && isSame(segments, route.prefix),
  )
  const broader = routeOf(refused, route.method, [...route.prefix, ''].join('/'))
  const isClosed = !isOpenAbove || broader !== undefined
  if (isClosed) denied.push(resource(route, ''))
  if (route.kind === 'last') {
    if (permitted.some(other => other !== route && reachesDeeper(other, route))) return undefined
    denied.push(resource(route, '*', '*'))
  }
  const below = refused.filter(each => isBelow(each, route))
  if (route.kind === 'tail') {
    if (below.length > 0 || isClosed) denied.push(resource(route, '', '*'))
    if (below.length > 0) denied.push(resource(route, '*', '', '*'))
  }
  for (const other of below) {
    if (other.kind === 'exact') denied.push(resource(other), resource(other, ''))
    else if (route.kind === 'tail') {
      const isClear = other.kind === 'tail' && !permitted.some(each => isBelow(each, other))
      if (!isClear) return undefined
      denied.push(resource(other, '*'))
    }
  }
  return denied
}

/** Whether a route shares requests with one that ends in a wildcard, and decides them. */
const isBelow = (route: Route, { prefix, kind, segments }: Route): boolean =>
  route.segments.length > prefix.length &&
  isSame(route.prefix.slice(0, prefix.length), prefix) &&
  route.segments !== segments &&
  (kind === 'tail' || route.segments.length === segments.length)

/** Whether a route has requests two segments or more below a prefix. */
const reachesDeeper = ({ segments }: Route, { prefix }: Route): boolean =>
  (isTail(segments.at(-1) ?? '') || segments.length > prefix.length + 1) &&
  prefix.every((segment, index) => {
    const other = segments[index]
    return other === undefined || isWildcard(other) || other === segment
  })

function matches({ segments }: Route, path: readonly string[]): boolean {
  const isOpen = isTail(segments.at(-1) ?? '')
  if (isOpen ? path.length < segments.length : path.length !== segments.length) return false
  return segments.every((segment, index) =>
    isWildcard(segment) ? path[index] !== '' : path[index] === segment,
  )
}

function kindOf(segments: readonly string[], wildcard: number): Route['kind'] {
  if (wildcard < 0) return 'exact'
  if (wildcard < segments.length - 1) return 'middle'
  return isTail(segments[wildcard] as string) ? 'tail' : 'last'
}

const resource = ({ method, prefix }: Route, ...more: readonly string[]) =>
  `${method}/${[...prefix, ...more].join('/')}`

const byBreadth = (a: Route, b: Route) =>
  Number(b.kind === 'tail') - Number(a.kind === 'tail') || a.segments.length - b.segments.length

const shape = ({ method, segments }: Route) =>
  [method, ...segments.map(segment => (isTail(segment) ? '{+}' : isWildcard(segment) ? '{}' : segment))].join(
    '/',
  )

/** Sorts the more specific before the less: by the first segment in which they differ. */
const rank = ({ segments }: Route) =>
  segments.map(segment => (isTail(segment) ? '2' : isWildcard(segment) ? '1' : '0')).join('')

const isSame = (some: readonly string[], others: readonly string[]) =>
  some.length === others.length && some.every((segment, index) => segment === others[index])

const isAny = ({ name }: Route) => name.startsWith('ANY ')
const isWildcard = (segment: string) => segment.startsWith('{')
const isTail = (segment: string) => /^\{[\w.-]+\+\}$/.test(segment)

const methods: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']
