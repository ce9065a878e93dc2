import {
  type AuthErrorCode,
  behindLoadBalancer,
  createVerifier,
  identityPool,
  isAuthError,
  loadBalancer,
  oidcProvider,
  type TrustedIssuer,
  tenants,
  userPool,
  verifiedAccess,
} from 'cognito-guard'
import { createTestIdentityPool, createTestIssuer, createTestLoadBalancer } from 'cognito-guard/testing'
import t from 'tap'
import { documents, signer } from './signing.js'

const pool = createTestIssuer()
const { clock } = pool
const now = Math.floor(clock.now() / 1000)
const identities = createTestIdentityPool(pool)
const balancer = createTestLoadBalancer(pool)
const issuer = 'https://login.example'
const rs256 = signer('RS256')
const es384 = signer('ES384')
const instanceArn = 'arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0'
const claims = { iss: issuer, aud: 'api', sub: 'u', exp: now + 60 }

const thumbprint = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const confirmations: readonly unknown[] = [
  { jkt: thumbprint },
  { 'x5t#S256': thumbprint },
  { kid: 'k' },
  { jwk: { kty: 'oct' } },
  { jku: 'https://keys.example', osc: {} },
  {},
  [],
  '',
  'a text',
  0,
  false,
  null,
]

const custom = (members: Partial<TrustedIssuer> = {}): TrustedIssuer => ({
  issuers: [issuer],
  algorithms: ['RS256'],
  keys: provider().keys,
  validate: (_header, { cnf: _stripped, ...rest }) => rest,
  principal: ({ iss, exp }) => ({
    kind: 'user',
    subject: 'u',
    issuer: iss,
    groups: [],
    scopes: [],
    expiresAt: exp,
  }),
  ...members,
})

const provider = (options: { readonly insecureIgnoreConfirmation?: boolean } = {}) =>
  oidcProvider({ issuer, audience: 'api', jwks: { keys: [rs256.jwk] }, offline: true, ...options })

const access = (publicKeysUrl: string) =>
  verifiedAccess({
    instanceArn,
    issuer,
    publicKeysUrl,
    fetch: documents({ [`${publicKeysUrl}/${uuid}`]: es384.pem }).fetch,
  })
const uuid = '4b8e1d3c-0000-4000-8000-123456789abc'
const accessHeader = { kid: uuid, iss: issuer, signer: instanceArn, exp: now + 60 }

type Signed = (cnf: Readonly<Record<string, unknown>>) => string
const ofProvider: Signed = cnf => rs256.token({}, { ...claims, ...cnf })
const issuers: readonly (readonly [name: string, TrustedIssuer, Signed])[] = [
  ['a user pool', userPool(pool.options), cnf => pool.accessToken({ claims: cnf })],
  [
    'a user pool’s ID token',
    userPool({ ...pool.options, tokenUse: 'id' }),
    cnf => pool.idToken({ claims: cnf }),
  ],
  ['an identity pool', identityPool(identities.options), cnf => identities.token({ claims: cnf })],
  ['an OIDC provider', provider(), ofProvider],
  ['a tenant', tenants(iss => (iss === issuer ? provider() : undefined)), ofProvider],
  ['a tenant, later', tenants(async iss => (iss === issuer ? provider() : undefined)), ofProvider],
  ['a custom issuer that drops the claim', custom(), ofProvider],
  ['a custom issuer, not quite told', custom({ insecureIgnoreConfirmation: 'true' as never }), ofProvider],
  ['a load balancer', loadBalancer(balancer.options), cnf => balancer.dataToken({ claims: cnf })],
  [
    'Verified Access',
    access('https://keys.example'),
    cnf => es384.token(accessHeader, { ...claims, ...cnf }),
  ],
]

const codeOf = async (checked: unknown): Promise<AuthErrorCode | undefined> => {
  const verdict = await checked
  return isAuthError(verdict) ? verdict.code : undefined
}

t.test('a token that is bound to a key is no bearer token, whoever issued it', async t => {
  for (const [name, trusted, sign] of issuers) {
    const verifier = createVerifier({ issuers: [trusted], clock })
    t.equal(await codeOf(verifier.check(sign({}))), undefined, `${name}: bound to nothing`)
    for (const cnf of confirmations) {
      t.equal(
        await codeOf(verifier.check(sign({ cnf }))),
        'ERR_TOKEN_BOUND',
        `${name}: ${JSON.stringify(cnf)}`,
      )
    }
    const refused = await verifier.check(sign({ cnf: { jkt: thumbprint } }))
    t.match(refused, { status: 401, oauthError: 'invalid_token', hint: /^This token is bound to a key; / })
    t.equal(await codeOf(verifier.check(sign({ Cnf: {}, cnf_: {}, more: { cnf: {} } }))), undefined, name)
  }
})

t.test('no key is asked for, and a claim that was inherited is none', async t => {
  const asked: unknown[] = []
  const verifier = createVerifier({
    issuers: [custom({ keys: kid => void asked.push(kid) })],
    clock,
  })
  t.equal(await codeOf(verifier.check(ofProvider({ cnf: {} }))), 'ERR_TOKEN_BOUND')
  t.throws(() => verifier.verifySync(ofProvider({ cnf: {} })), { code: 'ERR_TOKEN_BOUND' })
  t.same(asked, [])
  // oxlint-disable-next-line eslint/no-extend-native -- what is tested
  Object.defineProperty(Object.prototype, 'cnf', { value: {}, configurable: true })
  t.teardown(() => Reflect.deleteProperty(Object.prototype, 'cnf'))
  t.equal(await codeOf(createVerifier({ issuers: [provider()], clock }).check(ofProvider({}))), undefined)
})

t.test('both tokens of a load balancer', async t => {
  const { verifier } = behindLoadBalancer({
    ...balancer.options,
    accessToken: userPool(pool.options),
    clock,
  })
  const username = 'ada'
  const plain = [balancer.dataToken({ username }), pool.accessToken({ username })]
  const cnf = { jkt: thumbprint }
  const bound = [
    balancer.dataToken({ username, claims: { cnf } }),
    pool.accessToken({ username, claims: { cnf } }),
  ]
  t.equal(await codeOf(verifier.check(`${plain[0]} ${plain[1]}`)), undefined)
  t.equal(await codeOf(verifier.check(`${bound[0]} ${plain[1]}`)), 'ERR_TOKEN_BOUND')
  t.equal(await codeOf(verifier.check(`${plain[0]} ${bound[1]}`)), 'ERR_TOKEN_BOUND')
})

t.test('an issuer that uses the name for something else', async t => {
  const insecureIgnoreConfirmation = true
  const cases: readonly (readonly [string, TrustedIssuer, Signed])[] = [
    [
      'a user pool',
      userPool({ ...pool.options, insecureIgnoreConfirmation }),
      cnf => pool.accessToken({ claims: cnf }),
    ],
    [
      'an identity pool',
      identityPool({ ...identities.options, insecureIgnoreConfirmation }),
      cnf => identities.token({ claims: cnf }),
    ],
    ['an OIDC provider', provider({ insecureIgnoreConfirmation }), ofProvider],
    ['a tenant', tenants(() => provider({ insecureIgnoreConfirmation })), ofProvider],
    ['a custom issuer', custom({ insecureIgnoreConfirmation }), ofProvider],
    [
      'a load balancer',
      { ...loadBalancer(balancer.options), insecureIgnoreConfirmation },
      cnf => balancer.dataToken({ claims: cnf }),
    ],
  ]
  for (const [name, trusted, sign] of cases) {
    const verifier = createVerifier({ issuers: [trusted], clock })
    t.equal(await codeOf(verifier.check(sign({ cnf: { jkt: thumbprint } }))), undefined, name)
  }
  for (const wrong of ['true', 1, null]) {
    const options = { insecureIgnoreConfirmation: wrong as never }
    for (const make of [
      () => userPool({ ...pool.options, ...options }),
      () => identityPool({ ...identities.options, ...options }),
      () => provider(options),
    ])
      t.throws(make, { name: 'TypeError', message: /: insecureIgnoreConfirmation must be true or false$/ })
  }
  const strict = userPool({ ...pool.options, clientId: 'other1' })
  const lenient = userPool({ ...pool.options, insecureIgnoreConfirmation })
  const token = pool.accessToken({ claims: { cnf: {} } })
  t.equal(await codeOf(createVerifier({ issuers: [strict, lenient], clock }).check(token)), undefined)
  t.equal(
    await codeOf(createVerifier({ issuers: [strict, userPool(pool.options)], clock }).check(token)),
    'ERR_TOKEN_BOUND',
    'what came closest is what is told',
  )
})
