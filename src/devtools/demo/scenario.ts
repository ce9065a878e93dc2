import type { Answer, Api } from './api.js'
import type { World } from './world.js'

/** One request, the expected answer, and the actual one. */
export interface Row {
  readonly what: string
  readonly path: string
  readonly expected: Answer
  readonly actual: Answer
}

/** Sends the API the requests that a new user would try, and yields each answer as it comes. Leaves the issuer as it was. */
export async function* scenario({ local, api, newApi, signIn }: World): AsyncGenerator<Row> {
  const bob = await signIn('bob')
  const alice = await signIn('alice')
  local.clock.advance(-7200)
  const expired = await signIn('bob')
  local.clock.advance(7200)

  yield ask('no token', api, '/orders', undefined, 401, 'ERR_TOKEN_MISSING')
  yield ask('a reader reads', api, '/orders', bob.accessToken, 200)
  yield ask('a reader among the admins', api, '/admin', bob.accessToken, 403, 'ERR_PERMISSION_DENIED')
  yield ask('an admin', api, '/admin', alice.accessToken, 200)
  yield ask('an ID token for an access token', api, '/orders', bob.idToken, 401, 'ERR_TOKEN_USE')
  yield ask('an expired token', api, '/orders', expired.accessToken, 401, 'ERR_TOKEN_EXPIRED')
  yield ask('a forged group', api, '/admin', forge(bob.accessToken), 401, 'ERR_TOKEN_SIGNATURE')

  await local.keys.rotate()
  const { accessToken } = await signIn('bob')
  yield ask('keys rotated, a new token', api, '/orders', accessToken, 200)

  local.keySet = { ...local.keySet, mode: 'refuse' }
  yield ask('issuer down, keys at hand', api, '/orders', accessToken, 200)
  const cold = await newApi()
  yield ask('issuer down, cold start', cold, '/orders', accessToken, 503, 'ERR_KEYS_UNAVAILABLE')
  await cold.close()
  local.keySet = { ...local.keySet, mode: 'ok' }
}

async function ask(
  what: string,
  api: Api,
  path: string,
  token: string | undefined,
  status: number,
  reason = 'authorized',
): Promise<Row> {
  return { what, path, expected: { status, reason }, actual: await api.get(path, token) }
}

/** The token with a changed claim and its original signature. */
function forge(token: string): string {
  const [header, claims, signature] = token.split('.') as [string, string, string]
  const forged = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), 'cognito:groups': ['admin'] }
  return [header, Buffer.from(JSON.stringify(forged)).toString('base64url'), signature].join('.')
}
