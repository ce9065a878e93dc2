import { generateKeyPairSync } from 'node:crypto'
import { allowAnonymous, createVerifier, oidcProvider } from 'cognito-guard'
import { type AssertionOptions, createForwardAuth, type ForwardAuth } from 'cognito-guard/forward-auth'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose'
import t from 'tap'
import { ask, authorization, good, guardWith, issuer, listening } from './fixture.js'

const iss = 'https://guard.internal'
const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const guards = () => ({ default: guardWith(), orders: guardWith(), open: allowAnonymous(guardWith()) })

const assertionOf = async (auth: ForwardAuth, check = '/auth-request', token = good) => {
  const answer = await auth.fetch(
    new Request(`http://guard${check}`, { headers: [[...token] as [string, string]] }),
    {
      remoteAddress: 'unix',
    },
  )
  return answer.headers.get('x-auth-request-assertion') as string
}

const keySetOf = async (auth: ForwardAuth) =>
  (await auth.fetch(new Request('http://guard/.well-known/jwks.json'), {})).json() as Promise<JSONWebKeySet>

t.test('any JOSE library verifies it, and this one', async t => {
  const auth = createForwardAuth(guards(), {
    assertion: { issuer: iss, audiences: { orders: 'https://orders.internal' } },
  })
  const port = await listening(t, auth.handler)
  const jwksUri = `http://127.0.0.1:${port}/.well-known/jwks.json`
  const currentDate = new Date(issuer.clock.now())
  const claims = JSON.parse(Buffer.from(good[1].split('.')[1] as string, 'base64url').toString())

  const assertion = (await ask(port, '/auth-request/orders', [good])).headers.get(
    'x-auth-request-assertion',
  ) as string
  const { payload, protectedHeader } = await jwtVerify(assertion, createRemoteJWKSet(new URL(jwksUri)), {
    issuer: iss,
    audience: 'https://orders.internal',
    algorithms: ['ES256'],
    currentDate,
  })
  const iat = Math.floor(issuer.clock.now() / 1000)
  t.match(protectedHeader, { alg: 'ES256', typ: 'JWT' })
  const { jti, ...rest } = payload
  t.match(jti, /^[0-9a-f-]{36}$/)
  t.same(
    rest,
    {
      iss,
      aud: 'https://orders.internal',
      sub: claims.sub,
      iat,
      exp: iat + 60,
      kind: 'user',
      client_id: claims.client_id,
      groups: ['readers'],
      scope: 'orders/read',
    },
    'these claims and no others',
  )
  t.not(await assertionOf(auth), await assertionOf(auth), 'each is new')
  await t.rejects(
    jwtVerify(assertion, createRemoteJWKSet(new URL(jwksUri)), { audience: 'default', currentDate }),
    'not at another backend',
  )
  await t.rejects(
    jwtVerify(assertion, createRemoteJWKSet(new URL(jwksUri)), {
      audience: 'https://orders.internal',
      currentDate: new Date(issuer.clock.now() + 61_000),
    }),
    'a minute later it has expired',
  )

  const backend = createVerifier({
    issuers: [
      oidcProvider({
        issuer: iss,
        audience: 'default',
        algorithms: 'ES256',
        jwksUri,
        insecureLoopbackHttp: true,
        groupsFrom: ({ groups }) => groups,
        kindFrom: ({ kind }) => kind,
      }),
    ],
    clock: issuer.clock,
  })
  const { principal } = await backend.verify(await assertionOf(auth))
  t.match(principal, {
    kind: 'user',
    subject: claims.sub,
    clientId: claims.client_id,
    groups: ['readers'],
    scopes: ['orders/read'],
  })
  const machine = issuer.machineToken({ scopes: ['orders/read'] })
  t.match(
    (await backend.verify(await assertionOf(auth, '/auth-request', authorization(machine)))).principal,
    { kind: 'machine' },
  )
  const refused = await backend.verify(assertion).catch(error => error)
  t.equal(refused.code, 'ERR_TOKEN_AUDIENCE')
  backend.close()

  const served = await ask(port, '/.well-known/jwks.json')
  t.equal(served.headers.get('cache-control'), 'public, max-age=300')
  t.notMatch(served.body, '"d"', 'nothing private')
})

t.test('nobody gets one for nothing', async t => {
  const auth = createForwardAuth(guards(), { assertion: { issuer: iss } })
  t.equal(await assertionOf(auth, '/auth-request/open', ['X-None', 'x']), '', 'anonymous')
  t.equal(await assertionOf(auth, '/auth-request', authorization('bad')), null, 'refused')
  const remote = createForwardAuth(guards(), { headers: 'remote', assertion: { issuer: iss } })
  const answer = await remote.fetch(
    new Request('http://guard/auth-request', { headers: [[...good] as [string, string]] }),
    { remoteAddress: 'unix' },
  )
  t.match(answer.headers.get('remote-assertion'), /^ey/)
  const without = createForwardAuth(guards())
  t.equal(await assertionOf(without), '', 'empty without the option')
  t.equal(
    (await without.fetch(new Request('http://guard/.well-known/jwks.json'), { remoteAddress: 'unix' }))
      .status,
    404,
  )
})

t.test('it does not outlast the token by more than a second', async t => {
  const auth = createForwardAuth(guards(), { assertion: { issuer: iss } })
  const now = Math.floor(issuer.clock.now() / 1000)
  for (const [left, lifetime] of [
    [3600, 60],
    [60, 60],
    [20, 20],
    [0, 1],
    [-3, 1],
  ] as const) {
    const token = issuer.accessToken({ claims: { exp: now + left } })
    const assertion = await assertionOf(auth, '/auth-request', authorization(token))
    const { exp, iat } = JSON.parse(Buffer.from(assertion.split('.')[1] as string, 'base64url').toString())
    t.equal(exp - iat, lifetime, `${left} s left`)
  }
})

t.test('keys are given in PEM or as JWK, and rotate', async t => {
  const [first, second] = [p256(), p256()]
  const pem = first.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const jwk = first.privateKey.export({ format: 'jwk' })
  const publicPem = second.publicKey.export({ type: 'spki', format: 'pem' }) as string
  const forms: readonly NonNullable<AssertionOptions['key']>[] = [
    pem,
    jwk,
    [pem],
    first.privateKey.export({ type: 'sec1', format: 'pem' }) as string,
    { ...jwk, kid: 'another', alg: 'ES256' },
  ]
  const kids = new Set<unknown>()
  for (const key of forms) {
    const auth = createForwardAuth(guards(), { assertion: { issuer: iss, key } })
    const { keys } = await keySetOf(auth)
    t.equal(keys.length, 1)
    const assertion = await assertionOf(auth)
    kids.add(decodeProtectedHeader(assertion).kid)
    await jwtVerify(assertion, createLocalJWKSet({ keys }), {
      currentDate: new Date(issuer.clock.now()),
    })
  }
  t.equal(kids.size, 1, 'the same ID in every instance')
  const before = createForwardAuth(guards(), { assertion: { issuer: iss, key: [pem, publicPem] } })
  const after = createForwardAuth(guards(), {
    assertion: {
      issuer: iss,
      key: [second.privateKey.export({ format: 'jwk' }), first.publicKey.export({ format: 'jwk' })],
    },
  })
  for (const signer of [before, after])
    for (const server of [before, after])
      t.ok(
        await jwtVerify(await assertionOf(signer), createLocalJWKSet(await keySetOf(server)), {
          currentDate: new Date(issuer.clock.now()),
        }),
      )
  t.not(
    decodeProtectedHeader(await assertionOf(before)).kid,
    decodeProtectedHeader(await assertionOf(after)).kid,
  )
  const generated = await Promise.all(
    [0, 1].map(() => keySetOf(createForwardAuth(guards(), { assertion: { issuer: iss } }))),
  )
  t.not(generated[0]?.keys[0]?.kid, generated[1]?.keys[0]?.kid, 'each start has its own')
})

t.test('wrong options', async t => {
  const { publicKey, privateKey } = p256()
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const secret = privateKey.export({ format: 'jwk' }).d as string
  const cases: readonly [options: object, problem: string][] = [
    [{}, 'issuer is undefined'],
    [{ issuer: '' }, 'issuer must be a non-empty string'],
    [{ issuer: iss, lifetime: 5 }, 'lifetime is not an option'],
    [{ issuer: iss, audiences: [] }, 'audiences must be an object'],
    [{ issuer: iss, audiences: { nobody: 'x' } }, 'audiences names no guard: nobody'],
    [{ issuer: iss, audiences: { default: '' } }, 'audiences of default must be a non-empty string'],
    [
      { issuer: iss, audiences: { default: 'orders' } },
      'audiences of default is also that of orders by default',
    ],
    [{ issuer: iss, key: [] }, 'key must not be an empty list'],
    [{ issuer: iss, key: 5 }, 'key must be a PEM text or a JWK'],
    [{ issuer: iss, key: [null] }, 'key must be a PEM text or a JWK'],
    [{ issuer: iss, key: '' }, 'key must be a PEM text or a JWK'],
    [{ issuer: iss, key: 'nothing' }, 'key must be a PEM text or a JWK of a key for P-256'],
    [{ issuer: iss, key: {} }, 'key must be a PEM text or a JWK of a key for P-256'],
    [{ issuer: iss, key: { d: secret } }, 'key must be a PEM text or a JWK of a key for P-256'],
    [
      { issuer: iss, key: rsa.export({ format: 'jwk' }) },
      'key must be a PEM text or a JWK of a key for P-256',
    ],
    [
      { issuer: iss, key: other.export({ format: 'jwk' }) },
      'key must be a PEM text or a JWK of a key for P-256',
    ],
    [{ issuer: iss, key: publicKey.export({ format: 'jwk' }) }, 'key: the first must be a private key'],
  ]
  for (const [assertion, problem] of cases) {
    try {
      createForwardAuth(guards(), { assertion: assertion as AssertionOptions })
      t.fail(problem)
    } catch (error) {
      t.match(error, { name: 'TypeError' })
      t.match((error as Error).message, `createForwardAuth: assertion: ${problem}`)
      t.notMatch((error as Error).message, secret, 'no text of a key')
    }
  }
})
