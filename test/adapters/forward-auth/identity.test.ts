import {
  allowAnonymous,
  createGuard,
  createVerifier,
  type Guard,
  oidcProvider,
  type Principal,
  type TrustedIssuer,
  userPool,
  type VerifiedToken,
} from 'cognito-guard'
import { createForwardAuth, type ForwardAuthOptions } from 'cognito-guard/forward-auth'
import t from 'tap'
import { ask, authorization, good, guardWith, type Header, issuer, listening } from './fixture.js'

const names = {
  'x-auth-request': {
    user: 'X-Auth-Request-User',
    name: 'X-Auth-Request-Preferred-Username',
    email: 'X-Auth-Request-Email',
    groups: 'X-Auth-Request-Groups',
    scopes: 'X-Auth-Request-Scopes',
    assertion: 'X-Auth-Request-Assertion',
  },
  remote: {
    user: 'Remote-User',
    name: 'Remote-Name',
    email: 'Remote-Email',
    groups: 'Remote-Groups',
    scopes: 'Remote-Scopes',
    assertion: 'Remote-Assertion',
  },
} as const

t.test('every 200 has every header of its family, and none of the other', async t => {
  for (const headers of ['x-auth-request', 'remote'] as const) {
    const auth = createForwardAuth({ default: guardWith(), open: allowAnonymous(guardWith()) }, { headers })
    t.same([...auth.identityHeaders].toSorted(), Object.values(names[headers]).toSorted())
    const port = await listening(t, auth.handler)
    const known = await ask(port, '/auth-request', [good])
    const claims = JSON.parse(Buffer.from(good[1].split('.')[1] as string, 'base64url').toString())
    const expected = {
      user: claims.sub,
      name: claims.username,
      email: '',
      groups: 'readers',
      scopes: 'orders/read',
      assertion: '',
    }
    for (const [kind, name] of Object.entries(names[headers]))
      t.equal(known.headers.get(name), expected[kind as keyof typeof expected], name)
    // whatever a client sends
    const forged = Object.values(names[headers]).map((name): Header => [name, 'admin'])
    const anonymous = await ask(port, '/auth-request/open', forged)
    for (const name of auth.identityHeaders) t.equal(anonymous.headers.get(name), '', `${name} is empty`)
    const others = Object.values(names[headers === 'remote' ? 'x-auth-request' : 'remote'])
    for (const name of others) t.equal(known.headers.has(name), false, name)
    for (const refused of [await ask(port, '/auth-request'), await ask(port, '/auth-request/nobody', [good])])
      for (const name of auth.identityHeaders) t.equal(refused.headers.has(name), false, name)
  }
})

t.test('an email address is told only where Cognito has verified it', async t => {
  const port = await listening(t, createForwardAuth(guardWith()).handler)
  const email = 'jane@example.com'
  const emailFor = async (token: string) =>
    (await ask(port, '/auth-request', [authorization(token)])).headers.get('x-auth-request-email')
  const cases: readonly [name: string, claims: object, expected: string][] = [
    ['verified', { email, email_verified: true }, email],
    ['not verified', { email, email_verified: false }, ''],
    ['nobody says', { email, email_verified: undefined }, ''],
    ['a text', { email, email_verified: 'true' }, ''],
    ['no text', { email: [email], email_verified: true }, ''],
    [
      'a line break',
      { email: 'jane@example.com\r\nX-Admin: 1', email_verified: true },
      'jane@example.com%0D%0AX-Admin:%201',
    ],
  ]
  for (const [name, claims, expected] of cases) {
    t.equal(await emailFor(issuer.idToken({ claims: { ...claims } })), expected, name)
    t.equal(await emailFor(issuer.accessToken({ claims: { ...claims } })), '', `${name}, in an access token`)
  }
  const oidc = oidcProvider({
    issuer: issuer.issuer,
    audience: issuer.options.clientId,
    jwksUri: issuer.jwksUri,
    fetch: issuer.options.fetch,
    insecureTestKeys: true,
  })
  const provider = createForwardAuth(
    createGuard({ verifier: createVerifier({ issuers: [oidc], clock: issuer.clock }) }),
  )
  const other = await listening(t, provider.handler)
  const token = issuer.idToken({ claims: { email, email_verified: true } })
  const answered = await ask(other, '/auth-request', [authorization(token)])
  t.equal(answered.status, 200)
  t.equal(answered.headers.get('x-auth-request-email'), '', 'nothing says that it is an ID token')
})

t.test('what fits into no header is percent-encoded, and two values never become one', async t => {
  const cases: readonly [value: string, encoded: string][] = [
    ['plain', 'plain'],
    ['a b', 'a%20b'],
    ['a,b', 'a%2Cb'],
    ['a%2Cb', 'a%252Cb'],
    ['50%', '50%25'],
    ['auth0|123', 'auth0|123'],
    ['a\tb\r\nc\u0000', 'a%09b%0D%0Ac%00'],
    ['Zoë', 'Zo%C3%AB'],
    ['日本', '%E6%97%A5%E6%9C%AC'],
    ['😀', '%F0%9F%98%80'],
    ['a"b\\c', 'a"b\\c'],
  ]
  for (const [value, encoded] of cases) {
    const headers = await identityOf({
      subject: value,
      username: value,
      groups: [value, 'x'],
      scopes: [value, 'y'],
    })
    t.equal(headers.get('x-auth-request-user'), encoded)
    t.equal(headers.get('x-auth-request-preferred-username'), encoded)
    t.equal(headers.get('x-auth-request-groups'), `${encoded},x`)
    t.equal(headers.get('x-auth-request-scopes'), `${encoded} y`)
    t.equal(decodeURIComponent(encoded), value, 'and back')
  }
  const empty = await identityOf({ groups: ['', 'a', ''], scopes: [''] })
  t.equal(empty.get('x-auth-request-groups'), 'a', 'an empty name is none')
  t.equal(empty.get('x-auth-request-scopes'), '')
  t.equal(empty.get('x-auth-request-preferred-username'), '', 'no name')
})

t.test('a name that is no text is refused', async t => {
  for (const wrong of [
    { subject: '\ud800' },
    { username: 'a\udc00' },
    { groups: ['ok', '\ud800x'] },
    { scopes: ['\udfff'] },
  ]) {
    const { status, body } = await answerFor(wrong)
    t.equal(status, 401)
    t.match(JSON.parse(body), { error: 'invalid_token' })
  }
})

const answerFor = async (principal: Partial<Principal>, options: ForwardAuthOptions = {}) => {
  const pool = userPool(issuer.options)
  const trusted: TrustedIssuer = {
    ...pool,
    principal: claims => ({
      kind: 'user',
      subject: 'somebody',
      issuer: claims.iss,
      groups: [],
      scopes: [],
      expiresAt: claims.exp,
      ...principal,
    }),
  }
  const guard: Guard = createGuard({ verifier: createVerifier({ issuers: [trusted], clock: issuer.clock }) })
  const response = await createForwardAuth(guard, options).fetch(
    new Request('http://guard/auth-request', { headers: [[...good] as [string, string]] }),
    { remoteAddress: 'unix' },
  )
  return { status: response.status, headers: response.headers, body: await response.text() }
}

const identityOf = async (principal: Partial<Principal>) => (await answerFor(principal)).headers

t.test('a guard of one’s own is one', async t => {
  const auth = {
    principal: { subject: 'own', groups: [], scopes: [] },
    claims: {},
  } as unknown as VerifiedToken
  const port = await listening(t, createForwardAuth(() => ({ authorized: true, auth })).handler)
  t.equal((await ask(port, '/auth-request')).headers.get('x-auth-request-user'), 'own')
  const open = allowAnonymous(((_request, _policy, anonymous) => ({
    authorized: true,
    auth: anonymous ? undefined : auth,
  })) as Guard)
  const other = await listening(t, createForwardAuth(open, { assertion: { issuer: 'x' } }).handler)
  t.equal(
    (await ask(other, '/auth-request')).headers.get('x-auth-request-user'),
    '',
    'also behind allowAnonymous',
  )
  t.equal((await ask(other, '/readyz')).status, 503)
  t.equal((await ask(other, '/readyz')).status, 200, 'it has nothing to load')
})
