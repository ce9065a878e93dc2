import { isAuthError } from '../errors.js'
import type { MaybePromise } from '../types.js'
import { isRevocationKind } from './entry.js'
import { membersOf, methodOf, type Revocations } from './revocation.js'

/** The response to a request to revoke. */
export interface RevocationAnswer {
  /** 204: the list has the entry. 400: the body is wrong. 503: the list is unavailable, or full. */
  readonly status: 204 | 400 | 503
  /** As JSON; `undefined` with 204. */
  readonly body?: { readonly error: string; readonly error_description: string }
}

/**
 * Returns the response to a request to revoke, once the list has the entry. The body names the kind, and the identifiers as the list's methods take them:
 * `{ "revoke": "user", "issuer": "eu-west-1_AbCdEf123", "subject": "...", "notBefore": 1767225600 }`, where `revoke` is `token`, `session`,
 * `user`, `client` or `pool`. With `unrevoke` in place of `revoke` it takes that back. A member that is
 * unknown, missing or of a wrong type gives 400.
 * Does not authorize the caller: protect the route with a guard.
 *
 * @param body the parsed JSON
 * @example
 * app.post('/revocations', protect(guard, inGroup('support')), express.json(), async (req, res) => {
 *   const { status, body } = await revokeFromBody(revocations, req.body)
 *   res.status(status).json(body)
 * })
 */
export async function revokeFromBody(revocations: Revocations, body: unknown): Promise<RevocationAnswer> {
  const { revoke, unrevoke, ...target } = Object(body) as { revoke?: unknown; unrevoke?: unknown }
  const verb = unrevoke === undefined ? 'revoke' : 'unrevoke'
  if (verb === 'unrevoke' && revoke !== undefined) return badRequest('revoke or unrevoke, not both')
  const kind = unrevoke ?? revoke
  if (!isRevocationKind(kind)) return badRequest(`${verb} must be token, session, user, client or pool`)
  // a body is never a verified token, though the list's methods would take it for one
  if ('principal' in target) return badRequest(membersOf(kind, verb))
  let added: MaybePromise<void>
  try {
    added = revocations[methodOf(kind, verb)](target as never)
  } catch (error) {
    if (error instanceof TypeError) return badRequest(membersOf(kind, verb))
    added = Promise.reject(error)
  }
  try {
    await added
    return { status: 204 }
  } catch (error) {
    if (isAuthError(error)) return unavailable
    throw error
  }
}

const badRequest = (reason: string): RevocationAnswer => ({
  status: 400,
  body: { error: 'invalid_request', error_description: reason },
})

const unavailable: RevocationAnswer = /* @__PURE__ */ Object.freeze({
  status: 503,
  body: { error: 'temporarily_unavailable', error_description: 'Try again later' },
})
