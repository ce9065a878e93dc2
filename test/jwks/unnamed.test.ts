// Keys and tokens without a key ID (RFC 7517 section 4.5, OpenID Connect Core 1.0 section 10.1).
import t from 'tap'
import { identityPool } from '../../src/issuers/identity-pool.js'
import { oidcProvider } from '../../src/issuers/oidc-provider.js'
import { userPool } from '../../src/issuers/user-pool.js'
import { createVerifier } from '../../src/verifier/verifier.js'
import { clocks, host, rsaSigner, say, signer, token } from './issuer-double.js'
import { idle, lab, refused, settle } from './lab.js'

const [red, green] = [rsaSigner('red'), rsaSigner('green')]
const nameless = ({ jwk }: { jwk: Record<string, unknown> }) =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => name !== 'kid'))
const issuer = 'https://idp.example'

t.test('the only key of an OpenID provider serves tokens that name none', async t => {
  const now = Date.now() / 1_000
  const claims = { iss: issuer, aud: 'api', sub: 'u', exp: now + 600 }
  const rows: [what: string, keys: readonly object[], header: object, code: string | undefined][] = [
    ['no ID anywhere', [nameless(red)], { kid: undefined }, undefined],
    ['an ID in the set', [red.jwk], { kid: undefined }, undefined],
    ['an ID in the token', [nameless(red)], {}, 'ERR_TOKEN_KEY'],
    ['the ID of another', [red.jwk], { kid: 'green' }, 'ERR_TOKEN_KEY'],
    ['an empty ID', [red.jwk], { kid: '' }, 'ERR_TOKEN_KEY'],
    ['two keys', [nameless(red), nameless(green)], { kid: undefined }, 'ERR_TOKEN_KEY'],
    ['two keys, one of them named', [red.jwk, nameless(green)], { kid: undefined }, 'ERR_TOKEN_KEY'],
    ['two keys, and a name', [red.jwk, nameless(green)], {}, undefined],
    [
      'two under one ID',
      [red.jwk, green.jwk, { ...red.jwk, kid: 'green' }],
      { kid: undefined },
      'ERR_TOKEN_KEY',
    ],
    [
      'another for encryption',
      [nameless(red), { ...nameless(green), use: 'enc' }],
      { kid: undefined },
      undefined,
    ],
    [
      'another for another algorithm',
      [nameless(red), { ...nameless(green), alg: 'RS512' }],
      { kid: undefined },
      undefined,
    ],
    ['the same twice', [nameless(red), { ...nameless(red), x5t: 'x' }], { kid: undefined }, undefined],
    ['somebody else’s', [nameless(green)], { kid: undefined }, 'ERR_TOKEN_SIGNATURE'],
    [
      'for another algorithm',
      [{ ...nameless(red), alg: 'RS512' }, nameless(signer('x'))],
      { kid: undefined },
      'ERR_TOKEN_KEY',
    ],
    [
      'an empty ID in the set',
      [
        { ...red.jwk, kid: '' },
        { ...green.jwk, alg: 'RS512' },
      ],
      { kid: undefined },
      'ERR_TOKEN_KEY',
    ],
  ]
  const algorithms = ['RS256', 'RS512', 'ES256'] as const
  for (const [what, keys, header, code] of rows) {
    for (const offline of [true, false]) {
      const jwksHost = await host(t, say(JSON.stringify({ keys })))
      const verifier = createVerifier({
        issuers: [
          oidcProvider({
            issuer,
            audience: 'api',
            algorithms,
            insecureLoopbackHttp: true,
            onEvent: settle,
            ...(offline ? { jwks: { keys }, offline } : { jwksUri: jwksHost.url }),
          }),
        ],
      })
      t.teardown(() => verifier.close())
      const text = token(red, claims, header)
      for (const time of ['afresh', 'again']) {
        const refusal = await verifier.verify(text).then(
          () => ({}),
          error => error,
        )
        t.equal(refusal.code, code, `${what}, ${offline ? 'at hand' : 'fetched'}, ${time}`)
        if (code === 'ERR_TOKEN_KEY' && what.startsWith('two') && refusal.code)
          t.match(refusal.hint, /"kid"/, 'and how to fix it')
      }
    }
  }
})

t.test('a key without an ID is replaced', async t => {
  const [first, second] = [signer('a'), signer('b')]
  let published: readonly object[] = [nameless(first)]
  const fetch = async () => new Response(JSON.stringify({ keys: published }))
  const at = lab(t, 'https://keys.invalid/', { fetch, allowsUnnamed: true })
  const find = async () => at.keys(undefined, 'ES256', at.time.now)
  const old = await find()
  t.ok(old)
  published = [nameless(second)]
  at.keys.suspect(undefined, at.time.now)
  await idle()
  const current = await find()
  t.not(current, old, 'after a bad signature')
  t.equal(at.eventsOf('disjoint').length, 1)
  published = [nameless(first), nameless(second)]
  at.time.pass(601)
  await refused(t, find(), { code: 'ERR_TOKEN_KEY' })
  t.equal(at.keys.health(at.time.now).keys, 2)
  published = [nameless(second)]
  at.time.pass(601)
  t.ok(await find())
})

t.test('with Cognito each token names its key', async t => {
  const time = clocks()
  const keys = [red.jwk]
  const exp = time.now / 1_000 + 600
  const identityPoolId = 'eu-west-1:11111111-2222-3333-4444-555555555555'
  const shared = { offline: true, jwks: { keys: [red.jwk, { ...red.jwk, alg: 'RS512' }] } }
  const verifier = createVerifier({
    issuers: [
      userPool({
        userPoolId: 'eu-west-1_AbCdEf123',
        insecureSkipClientCheck: true,
        offline: true,
        jwks: { keys },
      }),
      identityPool({ identityPoolId, ...shared }),
    ],
    clock: { now: () => time.now },
  })
  const texts = [
    token(
      red,
      {
        iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123',
        sub: 'u',
        token_use: 'access',
        client_id: 'c',
        exp,
      },
      { kid: undefined },
    ),
    token(
      red,
      {
        iss: 'https://cognito-identity.amazonaws.com',
        aud: identityPoolId,
        sub: 'u',
        amr: ['unauthenticated'],
        exp,
      },
      { kid: undefined, alg: 'RS512' },
    ),
  ]
  for (const text of texts)
    t.match(await verifier.verify(text).catch(error => error), { code: 'ERR_TOKEN_KEY', hint: /no "kid"/ })
  let requests = 0
  const fetch = async () => (requests++, new Response(JSON.stringify({ keys })))
  const at = lab(t, 'https://keys.invalid/', { fetch })
  for (let i = 0; i < 9; i++) t.match(await at.ask(undefined as never), { error: { code: 'ERR_TOKEN_KEY' } })
  t.equal(requests, 0, 'and nothing is asked for the sake of one that does not')
})

t.test('the iss of a token is a text where nothing is fetched from it', async t => {
  const now = Date.now() / 1_000
  const jwks = { keys: [red.jwk] }
  const userPoolId = 'local_2D4gvA2k'
  const pool = { userPoolId, clientId: 'c' }
  const identityPoolId = 'eu-west-1:11111111-2222-3333-4444-555555555555'
  for (const iss of [
    'http://cognito:9229/local_2D4gvA2k',
    'accounts.google.com',
    'urn:x',
    ' ',
    'https://x.example/?a#b',
  ]) {
    for (const keys of [
      { jwks, offline: true },
      { jwksUri: 'https://keys.invalid/', fetch: async () => new Response(JSON.stringify(jwks)) },
    ]) {
      const verifier = createVerifier({ issuers: [userPool({ ...pool, ...keys, issuer: iss })] })
      const of = (iss: string) =>
        token(red, { iss, sub: 'u', token_use: 'access', client_id: 'c', exp: now + 60 })
      t.equal((await verifier.verify(of(iss))).principal.issuer, iss)
      for (const other of [`${iss}/`, iss.toUpperCase() + 'x', ''])
        t.match(await verifier.verify(of(other)).catch(error => error), { code: 'ERR_TOKEN_ISSUER' })
      t.doesNotThrow(() =>
        identityPool({
          identityPoolId,
          ...keys,
          jwks: { keys: [{ ...red.jwk, alg: 'RS512' }] },
          issuer: iss,
        }),
      )
      t.doesNotThrow(() => oidcProvider({ audience: 'api', ...keys, issuer: iss }))
    }
    for (const keys of [{}, { jwks }, { jwks, offline: false }]) {
      const url = /: issuer must be/
      t.throws(() => userPool({ ...pool, ...keys, issuer: iss }), url, iss)
      t.throws(() => identityPool({ identityPoolId, ...keys, issuer: iss }), url, iss)
      t.throws(() => oidcProvider({ audience: 'api', ...keys, issuer: iss }), url, iss)
    }
  }
  t.throws(
    () => userPool({ ...pool, userPoolId: 'eu-west-1_a', issuer: '', jwks, offline: true }),
    /userPool: issuer must be a non-empty string/,
  )
})

t.test('the factory that was called is named', t => {
  const jwks = { keys: [{}] }
  const identityPoolId = 'eu-west-1:11111111-2222-3333-4444-555555555555'
  const rows: [made: () => unknown, message: string][] = [
    [() => userPool({ userPoolId: 'eu-west-1_a', clientId: 'c', jwks }), 'userPool: jwks has no usable key'],
    [() => identityPool({ identityPoolId, jwks }), 'identityPool: jwks has no usable key'],
    [() => identityPool({ identityPoolId, offline: true }), 'identityPool: offline needs jwks'],
    [() => oidcProvider({ issuer, audience: 'a', jwks }), 'oidcProvider: jwks has no usable key'],
    [
      () => oidcProvider({ issuer, audience: 'a', maxAge: 10 }),
      'oidcProvider: maxAge must be at least twice refreshAfter',
    ],
  ]
  for (const [made, message] of rows) t.throws(made, new TypeError(message))
  t.end()
})
