import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import {
  AuthError,
  allowAnonymous,
  createGuard,
  createVerifier,
  demand,
  every,
  hasScope,
  inGroup,
  isUser,
  type Policy,
  refusalOf,
  signedInWithin,
  some,
  userPool,
  withAssurance,
} from 'cognito-guard'
import { authOf, protect, refuse } from 'cognito-guard/node'
import { createTestIssuer } from 'cognito-guard/testing'
import { build, type OutputFile } from 'esbuild'
import express, { type ErrorRequestHandler } from 'express'
import t from 'tap'

const issuer = createTestIssuer()
const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
const token = issuer.accessToken({ username: 'alice', scopes: ['orders/read'], signedInAgo: 1_000 })
const auth = await verifier.verify(token)
const request = { header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined) }
const resourceMetadata = 'https://api.example.com/.well-known/oauth-protected-resource'
const guards = {
  plain: createGuard({ verifier }),
  named: createGuard({ verifier, realm: 'shop', resourceMetadata, explain: true }),
  'with a policy': createGuard({ verifier, policy: hasScope('orders/read'), resourceMetadata }),
}

async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

async function anotherCopy(): Promise<typeof import('cognito-guard')> {
  const built = await build({
    stdin: { contents: "export * from 'cognito-guard'", resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  })
  return import(
    `data:text/javascript;base64,${Buffer.from((built.outputFiles[0] as OutputFile).contents).toString('base64')}`
  )
}

t.test('what demand throws is answered as a guard answers it', async t => {
  const policies: Record<string, Policy> = {
    'a scope': hasScope('orders/write'),
    'two of three scopes': every(hasScope('orders/write'), isUser, hasScope('orders/delete')),
    'what alternatives share': some(hasScope('a', 'b'), hasScope('b', 'c')),
    'a group': every(hasScope('orders/read'), inGroup('admin')),
    'a recent sign-in': signedInWithin(900),
    'a sign-in and a scope': every(signedInWithin(900), hasScope('orders/write')),
    'a strong sign-in': withAssurance('urn:cognito:loa:3', 'urn:cognito:loa:4'),
    'an answer that comes later': Object.assign(async () => false, { challenge: { scope: 'x' } }),
  }
  for (const [of, guard] of Object.entries(guards))
    for (const [name, policy] of Object.entries(policies)) {
      const { error: decided, ...expected } = (await guard(request, policy)) as ReturnType<typeof refusalOf>
      for (const thrown of [await thrownBy(() => demand(auth, policy, request, issuer.clock)), decided]) {
        for (const answering of [guard, allowAnonymous(guard)]) {
          const { error, ...answer } = refusalOf(thrown, answering)
          t.strictSame(answer, expected, `${name}, ${of}`)
          t.equal(error, thrown)
        }
      }
    }
})

t.test('who sent no token learns which scopes to ask for, where there is metadata', async t => {
  const missing = await thrownBy(() => demand(undefined, hasScope('orders/write')))
  const challenges = Object.values(guards).map(guard => refusalOf(missing, guard).headers['WWW-Authenticate'])
  const metadata = `resource_metadata="${resourceMetadata}"`
  t.strictSame(challenges, [
    'Bearer realm="api"',
    `Bearer realm="shop", ${metadata}, scope="orders/write"`,
    `Bearer realm="api", ${metadata}, scope="orders/read orders/write"`,
  ])
})

t.test('any other refusal', async t => {
  const cases: [AuthError, number, Record<string, string>][] = [
    [new AuthError('ERR_KEYS_UNAVAILABLE', { retryAfter: 7 }), 503, { 'Retry-After': '7' }],
    [new AuthError('ERR_REVOCATION_UNAVAILABLE'), 503, { 'Retry-After': '5' }],
    [(await thrownBy(() => verifier.verify('rubbish'))) as AuthError, 401, {}],
    [new AuthError('ERR_REQUEST_INVALID'), 400, {}],
    [new AuthError('ERR_PERMISSION_DENIED'), 403, {}],
  ]
  for (const [error, status, headers] of cases)
    t.match(refusalOf(error, guards.plain), { authorized: false, status, headers, error }, error.code)
})

t.test('what is no refusal is thrown again, whatever its cause is', async t => {
  const refused = await thrownBy(() => demand(auth, inGroup('admin')))
  const faults = [
    new Error('a bug', { cause: refused }),
    new TypeError('x'),
    { name: 'AuthError', code: 'ERR_OTHER' },
    'ERR_TOKEN_MISSING',
    undefined,
    null,
  ]
  for (const fault of faults)
    t.equal(await thrownBy(() => refusalOf(fault, guards.plain)), fault, inspect(fault))
  const guard = new TypeError('refusalOf: guard must be a guard, such as createGuard({ ... })')
  for (const wrong of [undefined, null, verifier, () => ({ authorized: true })])
    t.throws(() => refusalOf(refused, wrong as never), guard, inspect(wrong))
})

t.test('the challenge is in nothing that is logged or copied', async t => {
  const secret = 'eyJ-token-text'
  const policy = Object.assign(() => false, { challenge: { scope: secret } })
  const error = await thrownBy(() => demand(auth, policy))
  t.match(refusalOf(error, guards.plain).headers['WWW-Authenticate'], secret)
  for (const text of [inspect(error), JSON.stringify(error), JSON.stringify({ ...(error as object) })])
    t.notMatch(text, secret)
  const quote = Object.assign(() => false, { challenge: { scope: 'a"b' } })
  const unfit = await thrownBy(() => demand(auth, quote))
  t.throws(
    () => refusalOf(unfit, guards.plain),
    new TypeError('policy: its challenge does not fit into a header'),
  )
})

t.test('errors and guards of another copy of this package', async t => {
  const copy = await anotherCopy()
  const policy = hasScope('orders/write')
  const { error: _, ...expected } = (await guards.named(request, policy)) as ReturnType<typeof refusalOf>
  const foreign = await thrownBy(() => copy.demand(auth, policy))
  t.notOk(foreign instanceof AuthError)
  for (const [answer, error] of [
    [refusalOf, foreign],
    [copy.refusalOf, await thrownBy(() => demand(auth, policy))],
  ] as const) {
    const { error: same, ...refusal } = answer(error, guards.named)
    t.equal(same, error)
    t.strictSame(refusal, expected)
  }
})

t.test('an error handler of Express answers refusals, and leaves faults to the next', async t => {
  const app = express()
  const last: ErrorRequestHandler = (error, _req, res, _next) => res.status(500).send(String(error.message))
  const refused: ErrorRequestHandler = (error, _req, res, _next) =>
    refuse(res, refusalOf(error, guards.plain))
  app.use(protect(guards.plain))
  app.get('/orders', async req => demand(authOf(req), hasScope('orders/write')))
  app.get('/bug', () => {
    throw new Error('a bug')
  })
  app.use(refused, last)
  const server = createServer(app).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = (path: string) => fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
  const answer = await ask('/orders')
  t.equal(answer.status, 403)
  t.match(answer.headers.get('www-authenticate'), /scope="orders\/write"/)
  t.match(await answer.json(), { error: 'insufficient_scope' })
  const bug = await ask('/bug')
  t.equal(bug.status, 500)
  t.equal(await bug.text(), 'a bug')
})
