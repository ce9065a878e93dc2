import { refusal } from '../../src/errors.js'
import { isPlain } from './plain-path.js'

/** Returns the name of the guard for an original path; `undefined` for a path without a route. */
export type RouteTable = (path: string) => string | undefined

/**
 * Returns the table of the `routes` option: exact paths, and `/admin/*` for `/admin` and everything below it. The longest that matches decides.
 *
 * @throws TypeError naming the route that is none
 */
export function routeTable(routes: Readonly<Record<string, string>>, names: ReadonlySet<string>): RouteTable {
  const strict = new Map<string, string>()
  const folded = new Map<string, string>()
  for (const [route, name] of Object.entries(routes)) {
    if (!isPlain(route) || /[?*]/.test(route.replace(/\/\*$/, '')))
      throw new TypeError(`createForwardAuth: routes: ${route} must be a path, such as /orders or /admin/*`)
    if (!names.has(name)) throw new TypeError(`createForwardAuth: routes: ${route} names no guard`)
    const same = folded.get(fold(route))
    if (same !== undefined && same !== name)
      throw new TypeError(`createForwardAuth: routes: ${route} differs from another in case or a slash only`)
    strict.set(route, name)
    folded.set(fold(route), name)
  }
  if (strict.size === 0) throw new TypeError('createForwardAuth: routes: there is none')
  return path => {
    const name = longest(strict, path)
    // a backend that ignores case or a slash at the end would serve what another guard is for
    if (longest(folded, fold(path)) !== name) throw refusal('ERR_REQUEST_INVALID', otherSpelling)
    return name
  }
}

function longest(routes: ReadonlyMap<string, string>, path: string): string | undefined {
  const exact = routes.get(path)
  if (exact !== undefined) return exact
  // no prefix longer than any route: a path of 100 kB has 50,000 others
  const most = Math.max(...Array.from(routes.keys(), route => route.length))
  for (let end = Math.min(path.length, most); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    const below = routes.get(`${path.slice(0, end).replace(/\/$/, '')}/*`)
    if (below !== undefined) return below
    if (end === 0) break
  }
  return undefined
}

const fold = (path: string) => (path.length > 1 ? path.replace(/\/$/, '') : path).toLowerCase()

const otherSpelling = 'This path is that of another route but for its case, or a slash at its end.'
