import { createSign } from 'node:crypto'
import { userPool } from 'cognito-guard'
import { createTestIssuer, events } from 'cognito-guard/testing'
import fc from 'fast-check'
import t from 'tap'
import { type InspectOptions, inspect, type Report } from '../../../src/devtools/inspect/inspect.js'
import { forgeries } from '../../forgeries.js'
import {
  base64url,
  claimsOf,
  clientId,
  clock,
  codeLater,
  ecPair,
  foreign,
  headerOf,
  issuer,
  json,
  now,
  own,
  seal,
  sealEs256,
  token,
  userPoolId,
  verifierOf,
} from '../../mint.js'

const pool = { userPoolId, clientId, jwks: { keys: [own.jwk] } }
const boundOnly = { userPoolId, jwks: pool.jwks, anyClient: true, resource: 'https://x.example' } as const
const look = (text: string, options: InspectOptions = {}) =>
  inspect(text, { userPool: pool, clock, ...options })
const failed = ({ checks }: Report) => checks.filter(({ result }) => result === 'failed')
const named = ({ checks }: Report, name: string) => checks.find(check => check.name === name)

const arn = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/my-app/0123456789abcdef'
const workload = 'https://a103a2cc-b461-473d-84fe-6c4f6d45af88.tokens.sts.global.api.aws'
const es256 = ecPair()

function balanced(header: object = {}, claims: object = {}, pad = true): string {
  const all = {
    alg: 'ES256',
    kid: '11111111-2222-3333-4444-555555555555',
    signer: arn,
    iss: issuer,
    client: clientId,
    exp: now + 60,
    ...header,
  }
  const part = pad ? padded : (value: object) => base64url(json(value))
  const sealed = sealEs256(`${part(all)}.${part({ sub: 'a', ...claims })}`, es256)
  return pad ? `${sealed}==` : sealed
}

function padded(value: object): string {
  const text = base64url(json(value))
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

t.test('the verdict is the verifier’s, and the first check that fails is why', async t => {
  const verifier = verifierOf()
  const agrees = async (text: string, name: string) => {
    const code = await codeLater(() => verifier.verify(text))
    const report = await look(text)
    const first = failed(report)[0]?.code
    const verdict = code === undefined ? 'accepted' : 'refused'
    if (report.verdict !== verdict || report.code !== code || first !== code)
      t.match({ verdict: report.verdict, code: report.code, first }, { verdict, code, first: code }, name)
  }
  // A token and nothing else: white space at the end, "Bearer" and JSON make it a line, a header, an answer.
  const isToken = (text: string) => text !== '' && !/^(?:bearer\s|\s*\{|[\w-]+:\s)|\n$/im.test(text)

  const tokens = forgeries.filter(forgery => isToken(forgery.token))
  for (const forgery of tokens) await agrees(forgery.token, forgery.name)
  t.ok(tokens.length > 600, `${tokens.length} forgeries`)

  const bases = [
    token(),
    token(claimsOf({ token_use: 'id', aud: clientId })),
    token(claimsOf(), headerOf(), foreign),
  ]
  const claimValue = fc.oneof(
    fc.constantFrom<unknown>(
      undefined,
      'access',
      'id',
      clientId,
      issuer,
      now,
      now - 60,
      now + 60,
      'https://api.example.com',
    ),
    fc.jsonValue(),
  )
  const claimName = fc.constantFrom(
    ...Object.keys(claimsOf()),
    'aud',
    'nbf',
    'identities',
    'cognito:username',
  )
  const altered = fc.dictionary(claimName, claimValue, { maxKeys: 3 }).map(claims => token(claimsOf(claims)))
  const headed = fc
    .dictionary(fc.constantFrom('alg', 'kid', 'typ', 'crit', 'signer', 'iss', 'exp'), claimValue, {
      maxKeys: 2,
    })
    .map(header => token(claimsOf(), headerOf(header)))
  const cut = fc
    .tuple(fc.constantFrom(...bases), fc.nat(), fc.string({ maxLength: 3 }), fc.nat(3))
    .map(([base, at, put, gone]) => {
      const place = at % base.length
      return base.slice(0, place) + put + base.slice(place + gone)
    })
  await fc.assert(
    fc.asyncProperty(fc.oneof(altered, headed, cut, fc.string()).filter(isToken), async text => {
      const code = await codeLater(() => verifier.verify(text))
      const report = await look(text)
      return report.code === code && failed(report)[0]?.code === code
    }),
    { numRuns: 300 },
  )
  t.pass('and for 300 tokens that are cut, altered or made up')
})

t.test('a good token passes every check', async t => {
  const report = await look(token())
  t.match(report, { verdict: 'accepted', input: 'a token', kind: 'access', findings: [] })
  t.notOk('code' in report)
  t.same([...new Set(report.checks.map(({ result }) => result))], ['passed'])
  t.same(
    report.checks.map(({ name }) => name),
    [
      'request',
      'length',
      'parts',
      'encoding',
      'header',
      'header members',
      'algorithm',
      'claims',
      'issuer',
      'token use',
      'client',
      'audience',
      'claims of a user pool',
      'registered claims',
      'not expired',
      'valid already',
      'key',
      'signature',
    ],
    'in the order of the verifier',
  )
  t.same(report.token?.claims, claimsOf())
  t.notMatch(JSON.stringify(report), token().split('.')[2], 'the signature is not in a report')
})

t.test(
  'every failure is listed, with what is expected and what is there; how to fix it is said of the first',
  async t => {
    const report = await look(
      token(
        claimsOf({
          token_use: 'id',
          client_id: undefined,
          aud: 'another',
          iss: `${issuer}x`,
          exp: now - 90,
          nbf: now + 90,
        }),
        headerOf({ kid: 'unknown' }),
      ),
    )
    t.match(report, { verdict: 'refused', code: 'ERR_TOKEN_ISSUER' })
    t.match(failed(report), [
      {
        name: 'issuer',
        code: 'ERR_TOKEN_ISSUER',
        actual: `"${issuer}x"`,
        fix: /of the user pool "eu-west-1_Strict123x"/,
      },
      {
        name: 'token use',
        code: 'ERR_TOKEN_USE',
        expected: 'token_use access',
        actual: 'id',
        fix: undefined,
      },
      {
        name: 'client',
        code: 'ERR_TOKEN_CLIENT',
        expected: `aud "${clientId}"`,
        actual: '"another"',
        fix: undefined,
      },
      { name: 'not expired', code: 'ERR_TOKEN_EXPIRED', actual: '2027-01-15T07:58:30Z, 90 seconds ago' },
      {
        name: 'valid already',
        code: 'ERR_TOKEN_NOT_YET_VALID',
        actual: '2027-01-15T08:01:30Z, in 90 seconds',
      },
    ])
    t.match(named(report, 'audience'), { result: 'passed', actual: 'its client' })
    t.match(named(report, 'key'), { result: 'open' }, 'no key of an unknown issuer is fetched')
    t.match(
      named(report, 'not expired')?.expected,
      /^exp after now \(2027-01-15T08:00:00Z\), give or take 5 s$/,
    )

    const signed = await look(token(claimsOf({ exp: now - 90 }), headerOf(), foreign))
    t.same(
      failed(signed).map(({ name }) => name),
      ['not expired', 'signature'],
      'a signature is checked although the verifier stops before it',
    )
    const unknownKey = await look(token(claimsOf({ exp: now - 90 }), headerOf({ kid: 'unknown' })))
    t.same(
      failed(unknownKey).map(({ name }) => name),
      ['not expired', 'key'],
    )
  },
)

t.test('the checks follow the configuration', async t => {
  const rows: [string, InspectOptions['userPool'], Record<string, unknown>, string, object][] = [
    [
      'any client',
      { ...pool, insecureSkipClientCheck: true },
      { client_id: 'x' },
      'client',
      { result: 'passed', expected: 'client_id any app client' },
    ],
    [
      'two clients',
      { ...pool, clientId: ['a', clientId] },
      {},
      'client',
      { result: 'passed', expected: `client_id "a" or "${clientId}"` },
    ],
    [
      'both uses',
      { ...pool, tokenUse: ['access', 'id'] },
      {},
      'token use',
      { expected: 'token_use access or id' },
    ],
    [
      'bound elsewhere',
      pool,
      { aud: 'https://x.example' },
      'audience',
      { result: 'failed', fix: /"https:\/\/x\.example" is this API/ },
    ],
    [
      'bound to this API',
      { ...pool, resource: 'https://x.example' },
      { aud: 'https://x.example' },
      'audience',
      { result: 'passed', expected: 'aud "https://x.example"; no aud, or the client as aud' },
    ],
    [
      'bound to nothing',
      { ...pool, resource: 'https://x.example', requireResource: true },
      {},
      'audience',
      { result: 'failed', expected: 'aud "https://x.example"', fix: /parameter resource/ },
    ],
    ...Object.entries({
      client: { result: 'passed', expected: 'client_id any app client' },
      audience: {
        result: 'failed',
        expected: 'aud "https://x.example"; of a machine: scope "x/run"',
        fix: /machineScope/,
      },
      'claims of a user pool': { result: 'passed' },
    }).map(
      ([name, expected]): [string, InspectOptions['userPool'], Record<string, unknown>, string, object] => [
        `any client, bound to nothing: ${name}`,
        { ...boundOnly, machineScope: 'x/run' },
        { client_id: 'x' },
        name,
        expected,
      ],
    ),
    [
      'any client, bound to this API',
      boundOnly,
      { client_id: 'x', aud: 'https://x.example' },
      'audience',
      { result: 'passed', expected: 'aud "https://x.example"' },
    ],
    ['any client, an ID token', boundOnly, { token_use: 'id' }, 'token use', { result: 'failed' }],
    [
      'groups as a text',
      pool,
      { 'cognito:groups': 'admin' },
      'claims of a user pool',
      { result: 'failed', actual: 'not so' },
    ],
    ['no token_use', pool, { token_use: undefined }, 'client', { result: 'open' }],
    [
      'the domain of managed login',
      pool,
      { iss: 'https://x.auth.eu-west-1.amazoncognito.com' },
      'issuer',
      { fix: /domain of managed login/ },
    ],
    ['a workload of AWS', pool, { iss: workload }, 'issuer', { fix: /^A workload .*awsWorkload/ }],
    ['another provider', pool, { iss: 'https://accounts.google.com' }, 'issuer', { fix: /^No user pool/ }],
    ['no dates', pool, { iat: undefined }, 'valid already', { result: 'passed', actual: 'neither of them' }],
    ['exp as a text', pool, { exp: 'soon' }, 'not expired', { result: 'open', actual: '"soon"' }],
  ]
  for (const [name, userPool, claims, check, expected] of rows)
    t.match(named(await look(token(claimsOf(claims)), { userPool }), check), expected, name)
  const exact = await look(token(), { clockTolerance: 0 })
  t.match(named(exact, 'valid already'), { expected: 'iat and nbf not after now' })
  await t.rejects(look(token(), { userPool: { ...pool, clientId: undefined as never } }), TypeError)
})

t.test('what it is', async t => {
  const machine = { sub: clientId, username: undefined }
  const instance = 'arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0'
  const rows: [Report['kind'], string][] = [
    ['access', token()],
    ['machine', token(claimsOf(machine))],
    ['id', token(claimsOf({ token_use: 'id', aud: clientId }))],
    ['refresh', `${base64url('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}')}.aaaa.bbbb.cccc.dddd`],
    ['encrypted', `${base64url('{"enc":"A256GCM","alg":"RSA-OAEP"}')}.aaaa.bbbb.cccc.dddd`],
    ['load-balancer', `${base64url(json({ alg: 'ES256', signer: arn }))}.e30=.AAAA`],
    ['verified-access', `${base64url(json({ alg: 'ES384', signer: instance }))}.e30.AAAA`],
    ['aws-workload', token({ iss: workload, sub: 'arn:aws:iam::111122223333:role/a', exp: now + 60 })],
    ['aws-workload', token({ iss: 'https://oidc.eks.eu-west-1.amazonaws.com/id/AAAA', exp: now + 60 })],
    ['other-issuer', token(claimsOf({ iss: 'https://accounts.google.com', token_use: undefined }))],
    ['other-issuer', token(claimsOf({ token_use: undefined }), headerOf({ signer: 'somebody' }))],
    ['identity-pool', token({ iss: 'https://cognito-identity.amazonaws.com', exp: now + 60 })],
    ['truncated', token().slice(0, 600)],
    ['truncated', token().slice(0, 60)],
    ['truncated', token().slice(0, 20)],
    ['truncated', token().slice(0, -9)],
    ['truncated', `${token().slice(0, 40)}...`],
    ['other-issuer', `${base64url('{"alg":"HS256"}')}.e30.AA`],
    ['authorization-code', '3fa85f64-5717-4562-b3fc-2c963f66afa6'],
    ['opaque', 'ya29.a0AfH6SM'],
    ['none', ''],
  ]
  for (const [kind, text] of rows) {
    const report = await look(text)
    t.equal(report.kind, kind, `${kind}: ${report.description}`)
  }
  const federated = { 'cognito:groups': ['a'], identities: [{ providerName: 'Okta', providerType: 'OIDC' }] }
  t.match((await look(token(claimsOf(federated)))).facts, [
    { name: 'issuer', value: `"${issuer}"` },
    { name: 'subject' },
    { name: 'user', value: '"somebody@example.com"' },
    { name: 'client', value: `"${clientId}"` },
    { name: 'groups', value: '["a"]' },
    { name: 'scopes', value: '"openid orders/read"' },
    { name: 'signed in', value: '2027-01-15T07:59:00Z, 60 seconds ago' },
    { name: 'through', value: '"Okta", of type "OIDC"' },
  ])
})

t.test('a damaged token is refused as it is, and repaired for inspection', async t => {
  const good = token()
  const rows: [name: string, text: string, what: RegExp][] = [
    ['quotes', `"${good}"`, /quotes/],
    ['escaped quotes and a comma', `\\"${good}\\",`, /quotes/],
    ['white space in front', ` ${good}`, /white space/],
    ['lines', good.replace(/.{76}/g, '$&\n'), /white space/],
    ['a byte order mark', `\ufeff${good}`, /white space/],
    ['Bearer in quotes', `"Bearer ${good}"`, /quotes/],
    ['Bearer, URL-encoded', `Bearer%20${good}`, /Bearer/],
    ['a parameter', `https://app.example.com/#id_token=x&access_token=${good}&expires_in=3600`, /parameter/],
    ['URL-encoded', encodeURIComponent(good).replaceAll('.', '%2E'), /URL-encoded/],
    ['in base64 once more', Buffer.from(good).toString('base64'), /once more/],
    [
      'padded',
      good
        .split('.')
        .map(part => part.padEnd(Math.ceil(part.length / 4) * 4, '='))
        .join('.'),
      /standard base64/,
    ],
  ]
  for (const [name, text, what] of rows) {
    const report = await look(text)
    t.match(
      report,
      { verdict: 'refused', code: 'ERR_TOKEN_MALFORMED', kind: 'access', findings: [{ what }] },
      name,
    )
    t.match(report.mended, { verdict: 'accepted' }, `${name}: mended`)
    t.match(failed(report), [{ name: 'as sent', code: 'ERR_TOKEN_MALFORMED' }], `${name}: nothing else`)
  }
  const expired = await look(`"${token(claimsOf({ exp: now - 60 }))}"`)
  t.match(expired.mended, { verdict: 'refused', code: 'ERR_TOKEN_EXPIRED' })
  for (const text of [
    '%zz%41',
    `${'Bearer "'.repeat(9)}${good}`,
    '"""',
    'eyJ=',
    'AAAA====',
    btoa('eyJ nothing'),
  ])
    t.notOk((await look(text)).mended, `${text} holds no token`)
})

t.test('a long text takes no longer than it is long', async t => {
  const million = (text: string) => text.repeat(1_000_000 / text.length)
  const started = performance.now()
  for (const text of ['"', '=', '.', ' ', 'a: ', '\\', '%41', 'token=', 'bearer ', '"\n', 'x "'])
    t.equal((await look(`x${million(text)}x`)).verdict, 'refused', JSON.stringify(text))
  t.ok(performance.now() - started < 20_000, 'a square of the length would take hours')
})

t.test('things to know', async t => {
  t.match((await look(`Bearer ${token()}`)).findings, [
    { what: /"Bearer" stands in front/, fix: /verify\(\)/ },
  ])
  t.match((await look(token(claimsOf({ x: 'x'.repeat(4_000) })))).findings, [{ what: /4096/ }])
  t.match((await look(token(claimsOf(), headerOf({ jku: 'x', jwk: {} })))).findings, [{ what: /jwk, jku/ }])
})

t.test('headers', async t => {
  const good = token()
  const rows: [name: string, text: string, expected: object][] = [
    ['an Authorization header', `Authorization: Bearer ${good}`, { verdict: 'accepted', input: 'headers' }],
    ['its value', `bearer ${good}`, { verdict: 'accepted', input: 'the value of an Authorization header' }],
    [
      'curl -v',
      `> GET /orders HTTP/1.1\n> Host: api.example.com\n> authorization: Bearer ${good}\n>`,
      { verdict: 'accepted' },
    ],
    [
      'no token',
      'Host: api.example.com\nAccept: */*',
      { verdict: 'refused', code: 'ERR_TOKEN_MISSING', kind: 'none' },
    ],
    [
      'two headers',
      `Authorization: Bearer ${good}\nAuthorization: Bearer ${good}`,
      { verdict: 'refused', code: 'ERR_REQUEST_INVALID' },
    ],
    [
      'Bearer twice',
      `Authorization: Bearer Bearer ${good}`,
      { code: 'ERR_REQUEST_INVALID', mended: { verdict: 'accepted' } },
    ],
    [
      'a header of a load balancer twice',
      'x-amzn-oidc-data: a\nx-amzn-oidc-data: b',
      { code: 'ERR_REQUEST_INVALID' },
    ],
    ['another scheme', 'Authorization: Basic QWxhZGRpbg==', { code: 'ERR_TOKEN_MISSING' }],
    ['nothing', '', { verdict: 'refused', code: 'ERR_TOKEN_MISSING' }],
    [
      'an access token of a load balancer',
      `x-amzn-oidc-data: e30=.e30=.AA==\nx-amzn-oidc-accesstoken: ${good}`,
      { verdict: 'accepted', input: 'headers of a load balancer' },
    ],
    ['a URL is no header', `https://app.example.com/?x=${good}`, { input: 'a token' }],
    ['a line', `${good}\r\n`, { verdict: 'accepted', input: 'a token' }],
  ]
  for (const [name, text, expected] of rows) t.match(await look(text), expected, name)
  t.match(named(await look('Authorization: Basic QWxhZGRpbg=='), 'request'), {
    result: 'failed',
    actual: 'none',
  })
})

t.test('the events of every service', async t => {
  const good = token()
  const names: Record<keyof typeof events, string> = {
    restApiTokenAuthorizer: 'the event of a REST API authorizer (TOKEN)',
    restApiRequestAuthorizer: 'the event of a REST API authorizer (REQUEST)',
    restApi: 'the event of a REST API',
    httpApiAuthorizer: 'the event of an HTTP API authorizer (payload 2.0)',
    httpApiAuthorizerV1: 'the event of an HTTP API authorizer (payload 1.0)',
    httpApi: 'the event of an HTTP API',
    webSocketAuthorizer: 'the event of a WebSocket API',
    appSyncAuthorizer: 'the event of an AppSync authorizer',
    appSyncEventsAuthorizer: 'the event of an AppSync Events authorizer',
    loadBalancer: 'the event of a load balancer',
    latticeV1: 'the event of VPC Lattice',
    lattice: 'the event of VPC Lattice',
    functionUrl: 'the event of a function URL',
    edge: 'the event of Lambda@Edge',
  }
  for (const [service, input] of Object.entries(names)) {
    const event = events[service as keyof typeof events]({ token: good })
    t.match(await look(JSON.stringify(event)), { verdict: 'accepted', input, findings: [] }, service)
    const without = events[service as keyof typeof events]()
    t.match(
      await look(JSON.stringify(without)),
      { verdict: 'refused', input, kind: 'none' },
      `${service}, no token`,
    )
  }
  const more: [string, object, object][] = [
    [
      'claims of a native authorizer',
      {
        ...events.httpApi({ token: good }),
        requestContext: { http: {}, authorizer: { jwt: { claims: {} } } },
      },
      { findings: [{ what: /made into texts/ }] },
    ],
    [
      'claims of a REST API',
      { httpMethod: 'GET', headers: { Accept: null }, requestContext: { authorizer: { claims: {} } } },
      { code: 'ERR_TOKEN_MISSING', findings: [{ what: /made into texts/ }] },
    ],
    [
      'an AppSync resolver',
      { identity: null, request: { headers: { authorization: `Bearer ${good}` } } },
      { verdict: 'accepted', input: 'the context of an AppSync resolver' },
    ],
    [
      'VPC Lattice',
      { requestContext: { serviceNetworkArn: 'x' }, headers: { authorization: [`Bearer ${good}`] } },
      { verdict: 'accepted', input: 'the event of VPC Lattice' },
    ],
    [
      'VPC Lattice, without a service network',
      { requestContext: { serviceArn: 'x' }, headers: { authorization: [`Bearer ${good}`] } },
      { verdict: 'accepted', input: 'the event of VPC Lattice' },
    ],
    ...[good, `Bearer ${good}`, `bearer ${good}`].map((authorization): [string, object, object] => [
      'an AppSync resolver, as the client sent it',
      { identity: null, request: { headers: { Authorization: authorization } } },
      { verdict: 'accepted', input: 'the context of an AppSync resolver', kind: 'access' },
    ]),
    [
      'an AppSync resolver without a token',
      { identity: null, request: { headers: {} } },
      { code: 'ERR_TOKEN_MISSING' },
    ],
    [
      'a bare token elsewhere is none',
      { httpMethod: 'GET', headers: { authorization: good } },
      { code: 'ERR_TOKEN_MISSING' },
    ],
    [
      'a repeated header',
      { requestContext: { elb: {} }, multiValueHeaders: { authorization: ['Bearer a', 'Bearer b'] } },
      { code: 'ERR_REQUEST_INVALID' },
    ],
    [
      'a WebSocket subprotocol',
      { requestContext: { connectionId: 'x' }, headers: { 'Sec-WebSocket-Protocol': `bearer, ${good}` } },
      { verdict: 'accepted' },
    ],
    [
      'an answer of /oauth2/token',
      { access_token: good, id_token: 'x' },
      { verdict: 'accepted', input: /answer to a sign-in/ },
    ],
    ['an answer of InitiateAuth', { AuthenticationResult: { AccessToken: good } }, { verdict: 'accepted' }],
    ['anything else', { hello: 'world' }, { code: 'ERR_TOKEN_MISSING', input: 'JSON, but no event' }],
  ]
  for (const [name, event, expected] of more) t.match(await look(JSON.stringify(event)), expected, name)
  t.match(await look('{ not JSON'), { code: 'ERR_TOKEN_MALFORMED', input: 'a token' })
})

t.test('without a configuration nothing is accepted, and what nothing can make good is refused', async t => {
  const rows: [string, string, object][] = [
    ['a good one', token(), { verdict: 'unknown', message: /Nothing is configured/ }],
    ['no date', token(claimsOf({ exp: 'soon' })), { verdict: 'refused', code: 'ERR_TOKEN_CLAIM' }],
    ['no claims', token().replace(/\..*\./, '.W10.'), { verdict: 'refused', code: 'ERR_TOKEN_MALFORMED' }],
    ['expired', token(claimsOf({ exp: now - 60 })), { verdict: 'refused', code: 'ERR_TOKEN_EXPIRED' }],
    ['without exp', token(claimsOf({ exp: undefined })), { verdict: 'refused', code: 'ERR_TOKEN_CLAIM' }],
    ['malformed', 'a.b', { verdict: 'refused', code: 'ERR_TOKEN_MALFORMED' }],
    ['of a load balancer', balanced(), { verdict: 'unknown', kind: 'load-balancer' }],
    ['nothing', '', { verdict: 'refused', code: 'ERR_TOKEN_MISSING' }],
  ]
  for (const [name, text, expected] of rows) t.match(await inspect(text, { clock }), expected, name)
  const report = await inspect(token(), { clock })
  t.match(named(report, 'client'), { result: 'open', expected: /--client-id/ })
  t.match(report.findings, [
    { fix: / --user-pool-id eu-west-1_Strict123 --client-id 1example23456789client; anybody/ },
  ])
  const id = await inspect(token(claimsOf({ token_use: 'id', aud: clientId })), { clock })
  t.match(id.findings, [{ fix: / --client-id 1example23456789client --token-use id;/ }])
  for (const claims of [{ iss: 'https://accounts.google.com' }, { client_id: '; rm -rf' }])
    t.same(
      (await inspect(token(claimsOf(claims)), { clock })).findings,
      [],
      'nothing to be pasted into a shell',
    )
  t.same((await inspect(token(), { clock, redact: true })).findings, [])
  t.match((await inspect(token(claimsOf({ exp: 1 })))).verdict, 'refused', 'the clock is that of the machine')
})

t.test('keys', async t => {
  const issuer = createTestIssuer()
  const { clock } = issuer
  const good = issuer.accessToken()

  const blind = await inspect(good, { userPool: issuer.options, clock })
  t.match(blind, { verdict: 'unknown', code: 'ERR_KEYS_UNAVAILABLE', message: /without the keys/ })
  t.match(named(blind, 'key'), { result: 'open', actual: /not at hand/ })
  t.equal(issuer.requests, 0, 'nothing is fetched unless it may be')
  t.notOk('network' in blind)

  const seeing = await inspect(good, { userPool: issuer.options, clock, network: true })
  t.match(seeing, { verdict: 'accepted', network: { events: [{ type: 'fetched', keys: 2 }] } })
  t.type(seeing.network?.milliseconds, 'number')
  t.equal(issuer.requests, 1, 'once, for verdict and list')

  issuer.takeDown()
  const down = await inspect(good, { userPool: issuer.options, clock, network: true })
  t.match(down, { verdict: 'unknown', code: 'ERR_KEYS_UNAVAILABLE', message: /cannot be fetched/ })
  t.match(down.network?.events, [{ type: 'fetch_failed', reason: 'status', status: 503 }])

  const validate = () => {
    throw new Error('a fault of the application')
  }
  const claims = { '~standard': { version: 1, vendor: 'test', validate } } as never
  const faulty = { ...issuer.options, jwks: issuer.jwks(), claims }
  await t.rejects(inspect(good, { userPool: faulty, clock }), /a fault/, 'a fault is no refusal')
  const foreign = issuer.accessToken({ clientId: 'another' })
  await t.rejects(inspect(foreign, { userPool: faulty, clock }), /a fault/, 'nor in a check that comes later')
})

t.test('tokens of an identity pool', async t => {
  const identityPoolId = 'eu-west-1:11111111-2222-3333-4444-555555555555'
  const iss = 'https://cognito-identity.amazonaws.com'
  const claims = {
    sub: 'eu-west-1:a',
    aud: identityPoolId,
    amr: ['unauthenticated'],
    iss,
    exp: now + 600,
    iat: now,
  }
  const sign512 = (claims: object) => {
    const input = `${base64url(json({ kid: own.jwk.kid, typ: 'JWS', alg: 'RS512' }))}.${base64url(json(claims))}`
    return `${input}.${createSign('sha512').update(input).sign(own.privateKey).toString('base64url')}`
  }
  const jwks = { keys: [{ ...own.jwk, alg: 'RS512' }] }
  const options = { identityPool: { identityPoolId, jwks }, clock, userPool: undefined }
  t.match(await inspect(sign512(claims), options), {
    verdict: 'accepted',
    kind: 'identity-pool',
    findings: [{ what: /a guest/ }],
  })
  const other = await inspect(sign512({ ...claims, aud: 'eu-west-1:other' }), options)
  t.match(other, { verdict: 'refused', code: 'ERR_TOKEN_AUDIENCE' })
  t.match(failed(other), [
    { name: 'checks of the issuer', code: 'ERR_TOKEN_AUDIENCE', fix: /share an issuer/ },
  ])
  const blind = await inspect(sign512(claims), { ...options, identityPool: { identityPoolId } })
  t.match(blind, { verdict: 'unknown', code: 'ERR_KEYS_UNAVAILABLE' })
  t.match(failed(await inspect(token(), options)), [{ name: 'algorithm' }, { name: 'issuer' }])
  const both = { ...options, userPool: pool }
  const mixed = await inspect(token(claimsOf({ iss })), both)
  t.match(mixed, { code: 'ERR_TOKEN_ALGORITHM' })
  t.match(failed(mixed), [
    { name: 'algorithm of the issuer', expected: 'RS512', code: 'ERR_TOKEN_ALGORITHM' },
  ])
})

t.test('a token that is bound to a key', async t => {
  const bound = token(claimsOf({ cnf: { jkt: 'x' } }))
  const report = await look(bound)
  t.match(report, { verdict: 'refused', code: 'ERR_TOKEN_BOUND' })
  t.match(failed(report), [{ name: 'binding', code: 'ERR_TOKEN_BOUND' }])
  const userPool = { ...pool, insecureIgnoreConfirmation: true }
  t.match(await look(bound, { userPool }), { verdict: 'accepted' })
})

t.test('tokens of a load balancer', async t => {
  const pem = es256.publicKey.export({ type: 'spki', format: 'pem' }) as string
  const loadBalancer = {
    loadBalancerArn: arn,
    issuer,
    clientId,
    fetch: async () => new Response(pem) as never,
  }
  const options = { loadBalancer, clock, network: true }
  t.match(await look(balanced(), options), { verdict: 'accepted', kind: 'load-balancer' })
  const headers = `x-amzn-oidc-data: ${balanced()}\nx-amzn-oidc-identity: a\nx-amzn-oidc-accesstoken: ${token()}`
  t.match(await look(headers, options), {
    verdict: 'accepted',
    kind: 'load-balancer',
    input: 'headers of a load balancer',
  })
  const rows: [string, string, string, string][] = [
    [
      'another load balancer',
      balanced({ signer: arn.replace('my-app', 'evil') }),
      'ERR_TOKEN_SIGNER',
      'checks of the issuer',
    ],
    ['another client', balanced({ client: 'another' }), 'ERR_TOKEN_CLIENT', 'checks of the issuer'],
    ['bound to a key', balanced({}, { cnf: { jkt: 'x' } }), 'ERR_TOKEN_BOUND', 'binding'],
    ['expired, as the header says', balanced({ exp: now - 60 }), 'ERR_TOKEN_EXPIRED', 'not expired'],
    ['not padded', balanced({}, {}, false), 'ERR_TOKEN_MALFORMED', 'padding'],
    ['padded in part', balanced().replace('=.', '.'), 'ERR_TOKEN_MALFORMED', 'encoding'],
    [
      'a padded token of the pool',
      `${seal(`${padded(headerOf())}.${padded(claimsOf())}`)}==`,
      'ERR_TOKEN_MALFORMED',
      'as sent',
    ],
  ]
  for (const [name, text, code, check] of rows) {
    const report = await look(text, options)
    t.match({ code: report.code, first: failed(report)[0] }, { code, first: { name: check, code } }, name)
  }
  const unconfigured = await look(balanced())
  t.match(unconfigured, { verdict: 'refused', code: 'ERR_TOKEN_MALFORMED', kind: 'load-balancer' })
  t.notOk(unconfigured.mended, 'padding is no damage there')
})

t.test('a report to share', async t => {
  const secrets = {
    sub: 'secret-sub-1',
    username: 'secret-user@example.com',
    'cognito:groups': ['secret-group'],
    'custom:secret-name': 'secret-value',
    identities: [{ providerName: 'secret-provider', providerType: 'secret-type' }],
    exp: now - 60,
  }
  const inputs = [
    token(claimsOf(secrets)),
    token(
      claimsOf({ ...secrets, iss: 'https://secret.example/', token_use: 'secret-use', aud: 'secret-aud' }),
    ),
    token(
      claimsOf({ ...secrets, client_id: 'secret-client' }),
      headerOf({ kid: 'secret-kid', typ: 'secret+jwt', alg: 'secret' }),
    ),
    token(claimsOf({ ...secrets, iss: issuer.replace('Strict', 'secret') })),
    `"${token(claimsOf(secrets))}"`,
    JSON.stringify(events.restApi({ token: token(claimsOf(secrets)), path: '/secret' })),
    balanced({ signer: `${arn}secret` }, { email: 'secret@example.com' }),
    'secret.not.token',
  ]
  for (const [i, text] of inputs.entries()) {
    const report = JSON.stringify(await look(text, { redact: true }))
    t.notMatch(report, /secret|Strict123|1example23456789client|eyJ|2027|"token":/i, `input ${i}`)
  }
  const report = await look(inputs[0] as string, { redact: true })
  t.match(report, { verdict: 'refused', code: 'ERR_TOKEN_EXPIRED', kind: 'access' }, 'what matters is there')
  t.match(named(report, 'not expired'), {
    actual: '60 seconds ago',
    expected: 'exp after now, give or take 5 s',
  })
  t.match(named(report, 'header members'), { actual: 'alg "RS256", kid <text>, typ nothing' })
  t.match(report.facts.find(({ name }) => name === 'groups')?.value, '<list of 1>')
  const types = { sub: null, username: { a: 'b' }, scope: true, client_id: 5 }
  const odd = await look(token(claimsOf(types)), { redact: true })
  t.match(odd.facts.slice(1), [
    { value: 'null' },
    { value: '<object>' },
    { value: '<number>' },
    {},
    { value: 'true' },
  ])
})

t.test('a token does not write to the terminal what it likes', async t => {
  const report = await look(token(claimsOf({ username: '\u001b[2J\u009b1m\u202egro.live\u200b\n' })))
  t.match(
    report.facts.find(({ name }) => name === 'user')?.value,
    '"\\u001b[2J\\u{9b}1m\\u{202e}gro.live\\u{200b}\\n"',
  )
})

t.test('times in words', async t => {
  const rows: [number, RegExp][] = [
    [1, /in 1 second$/],
    [90, /in 90 seconds$/],
    [600, /in 10 minutes$/],
    [10_800, /in 3 hours$/],
    [864_000, /in 10 days$/],
  ]
  for (const [ahead, words] of rows)
    t.match(named(await look(token(claimsOf({ exp: now + ahead }))), 'not expired')?.actual, words)
  t.match(named(await look(token(claimsOf({ exp: 1e15 }))), 'not expired')?.actual, '1000000000000000')
  t.ok(userPool(pool).issuers.includes(issuer))
})
