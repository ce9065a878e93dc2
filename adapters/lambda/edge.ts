import type { AnyGuard } from '../../src/guard/guard.js'
import type { Policy } from '../../src/guard/policy.js'
import type { JwtClaims, RequestView } from '../../src/types.js'
import { checkArguments } from '../protect.js'
import type { EdgeEvent, EdgeRequest, EdgeResponse } from './events.js'

/**
 * Returns a handler of CloudFront's viewer requests (Lambda@Edge): an authorized request passes unchanged, a refused one is answered at the edge.
 * A function at the edge has no environment variables and starts often: give `userPool` its key set (`jwks`).
 *
 * @throws TypeError for anything but a guard and a policy
 */
export function edge<C extends JwtClaims>(guard: AnyGuard<C>, ...policy: readonly [policy?: Policy<C>]) {
  checkArguments(guard, policy, 'edge')
  return async <R extends EdgeRequest>({ Records: [record] }: EdgeEvent<R>): Promise<R | EdgeResponse> => {
    const request = record?.cf?.request
    if (!request?.uri || !request.method) throw new TypeError('edge: the event has no request')
    const decision = await guard(requestView(request), ...policy)
    if (decision.authorized) return request
    return {
      status: String(decision.status),
      headers: Object.fromEntries(
        Object.entries(decision.headers).map(([key, value]) => [key.toLowerCase(), [{ key, value }]]),
      ),
      body: JSON.stringify(decision.body),
    }
  }
}

const requestView = ({ headers, method, uri, querystring }: EdgeRequest): RequestView => ({
  header(name) {
    const values = headers[name]?.map(({ value }) => value)
    return values?.length === 1 ? values[0] : values
  },
  method,
  url: querystring ? `${uri}?${querystring}` : uri,
})
