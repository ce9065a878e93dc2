import { createVerifier, type UserPoolOptions, userPool } from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { claimsOf, clientId, codeOf, issuer, now, own, pool, token, userPoolId, verifierOf } from '../mint.js'

type Options = Partial<Omit<UserPoolOptions<'access' | 'id'>, never>>

const poolOf = (options: Options) =>
  userPool({ userPoolId, clientId, jwks: { keys: [own.jwk] }, offline: true, ...options } as UserPoolOptions)

const outcome = (options: Options, claims: object) =>
  codeOf(() => verifierOf([poolOf(options)]).verifySync(token(claimsOf(claims))))

const idClaims = {
  token_use: 'id',
  aud: clientId,
  client_id: undefined,
  username: undefined,
  'cognito:username': 'somebody',
}

const api = 'https://api.example.com/mcp'
const anyClient = { clientId: undefined, anyClient: true, resource: api } as unknown as Options
const withMachines = { ...anyClient, machineScope: [`${api}/run`, 'jobs/start'] }
const machine = { sub: clientId, username: undefined, scope: 'openid jobs/start' }

/** Any client, but only tokens for this API. */
const boundOnly: [string, Options, object, string | undefined][] = [
  ['any client, bound to us', anyClient, { client_id: 'registered', aud: api }, undefined],
  ['any client, bound to nothing', anyClient, { client_id: 'registered' }, 'ERR_TOKEN_AUDIENCE'],
  ['any client, bound to itself', anyClient, { client_id: 'x', aud: 'x' }, 'ERR_TOKEN_AUDIENCE'],
  ['any client, bound to another', anyClient, { aud: `${api}/` }, 'ERR_TOKEN_AUDIENCE'],
  ['any client, bound to us among others', anyClient, { aud: [api] }, 'ERR_TOKEN_AUDIENCE'],
  ['any client, but one there must be', anyClient, { client_id: '', aud: api }, 'ERR_TOKEN_CLIENT'],
  ['any client, not its ID tokens', anyClient, idClaims, 'ERR_TOKEN_USE'],
  ['any client, not its ID tokens bound to us', anyClient, { ...idClaims, aud: api }, 'ERR_TOKEN_USE'],
  ['a machine without machineScope', anyClient, machine, 'ERR_TOKEN_AUDIENCE'],
  ['a machine with the scope', withMachines, machine, undefined],
  ['a machine with the scope, aud its client', withMachines, { ...machine, aud: clientId }, undefined],
  [
    'a machine with the scope, for another API',
    withMachines,
    { ...machine, aud: 'https://other.example' },
    'ERR_TOKEN_AUDIENCE',
  ],
  ...['', 'jobs/stop', 'jobs/start/now', 'x/jobs/start', 'jobs'].map(
    (scope): [string, Options, object, string] => [
      `a machine with another scope: ${scope}`,
      withMachines,
      { ...machine, scope },
      'ERR_TOKEN_AUDIENCE',
    ],
  ),
  ['a machine without scopes', withMachines, { ...machine, scope: undefined }, 'ERR_TOKEN_AUDIENCE'],
  ['a user with the scope of machines', withMachines, { ...machine, username: 'x' }, 'ERR_TOKEN_AUDIENCE'],
  ['another subject with it', withMachines, { ...machine, sub: 'x' }, 'ERR_TOKEN_AUDIENCE'],
  [
    'a list of clients as well: another',
    { resource: api, requireResource: true },
    { aud: api, client_id: 'x' },
    'ERR_TOKEN_CLIENT',
  ],
  [
    'a list of clients as well: a machine with the scope',
    { resource: api, requireResource: true, machineScope: 'jobs/start' },
    machine,
    undefined,
  ],
  ['anyClient: false is as without it', { anyClient: false }, { client_id: 'x' }, 'ERR_TOKEN_CLIENT'],
]

t.test('which tokens are accepted', async t => {
  const cases: [string, Options, object, string | undefined][] = [
    ['an access token, by default', {}, {}, undefined],
    ['an ID token is not, by default', {}, idClaims, 'ERR_TOKEN_USE'],
    ['an ID token, when configured', { tokenUse: 'id' }, idClaims, undefined],
    ['an access token where ID tokens are configured', { tokenUse: 'id' }, {}, 'ERR_TOKEN_USE'],
    ['both, when configured: access', { tokenUse: ['id', 'access'] }, {}, undefined],
    ['both, when configured: ID', { tokenUse: ['id', 'access'] }, idClaims, undefined],
    ['another client', { clientId: 'other' }, {}, 'ERR_TOKEN_CLIENT'],
    ['one of the clients', { clientId: ['other', clientId] }, {}, undefined],
    ['any client, by name', { insecureSkipClientCheck: true }, { client_id: 'any' }, undefined],
    [
      'but a client there must be',
      { insecureSkipClientCheck: true },
      { client_id: undefined },
      'ERR_TOKEN_CLIENT',
    ],
    ['another client of an ID token', { tokenUse: 'id' }, { ...idClaims, aud: 'other' }, 'ERR_TOKEN_CLIENT'],
    [
      'several clients of an ID token',
      { tokenUse: 'id' },
      { ...idClaims, aud: [clientId] },
      'ERR_TOKEN_CLIENT',
    ],
    ['no client of an ID token', { tokenUse: 'id' }, { ...idClaims, aud: undefined }, 'ERR_TOKEN_CLIENT'],
    [
      'any client of an ID token, by name',
      { tokenUse: 'id', insecureSkipClientCheck: true },
      { ...idClaims, aud: 'any' },
      undefined,
    ],
    [
      'no client of an ID token, check skipped',
      { tokenUse: 'id', insecureSkipClientCheck: true },
      { ...idClaims, aud: '' },
      'ERR_TOKEN_CLIENT',
    ],
    ['aud is the client: bound to nothing', {}, { aud: clientId }, undefined],
    ['aud is another client', {}, { aud: 'other' }, 'ERR_TOKEN_AUDIENCE'],
    ['bound to a resource, none is ours', {}, { aud: 'https://api.example.com' }, 'ERR_TOKEN_AUDIENCE'],
    [
      'bound to our resource',
      { resource: 'https://api.example.com' },
      { aud: 'https://api.example.com' },
      undefined,
    ],
    [
      'bound to one of ours',
      { resource: ['https://a.example', 'https://b.example'] },
      { aud: 'https://b.example' },
      undefined,
    ],
    [
      'bound to another one',
      { resource: 'https://api.example.com' },
      { aud: 'https://api.example.com/' },
      'ERR_TOKEN_AUDIENCE',
    ],
    [
      'bound to a list',
      { resource: 'https://api.example.com' },
      { aud: ['https://api.example.com'] },
      'ERR_TOKEN_AUDIENCE',
    ],
    ['bound to none, though we have a name', { resource: 'https://api.example.com' }, {}, undefined],
    [
      'bound to none, where it must be',
      { resource: 'https://api.example.com', requireResource: true },
      {},
      'ERR_TOKEN_AUDIENCE',
    ],
    [
      'bound to the client, where it must be to us',
      { resource: 'https://api.example.com', requireResource: true },
      { aud: clientId },
      'ERR_TOKEN_AUDIENCE',
    ],
    [
      'bound to us, where it must be',
      { resource: 'https://api.example.com', requireResource: true },
      { aud: 'https://api.example.com' },
      undefined,
    ],
    ...boundOnly,
    ['the updated issuer', {}, { iss: issuer.replace('cognito-idp', 'issuer-cognito-idp') }, undefined],
    [
      'the updated issuer of another Region',
      {},
      { iss: issuer.replace('cognito-idp.eu-west-1', 'issuer-cognito-idp.eu-west-2') },
      'ERR_TOKEN_ISSUER',
    ],
    [
      'a replica that is not configured',
      {},
      { iss: issuer.replace('.eu-west-1', '.eu-west-2') },
      'ERR_TOKEN_ISSUER',
    ],
    [
      'a replica',
      { additionalRegions: ['eu-central-1', 'eu-west-2'] },
      { iss: issuer.replace('.eu-west-1', '.eu-west-2') },
      undefined,
    ],
    [
      'the only replica',
      { additionalRegions: 'eu-west-2' },
      { iss: issuer.replace('.eu-west-1', '.eu-west-2') },
      undefined,
    ],
    ['one exact issuer', { issuer: 'https://pool.example' }, { iss: 'https://pool.example' }, undefined],
    ['and no other then', { issuer: 'https://pool.example' }, {}, 'ERR_TOKEN_ISSUER'],
    ['no sub', {}, { sub: undefined }, 'ERR_TOKEN_CLAIM'],
    ...Object.entries({
      scope: ['orders/read'],
      'cognito:groups': 'admin',
      username: 1,
      'cognito:username': ['a'],
      origin_jti: 1,
      identities: '[]',
    }).map(([name, value]): [string, Options, object, string] => [
      `${name} of another type`,
      {},
      { [name]: value },
      'ERR_TOKEN_CLAIM',
    ]),
    ['a group that is no text', {}, { 'cognito:groups': ['admin', 1] }, 'ERR_TOKEN_CLAIM'],
    ['a session', {}, { origin_jti: 'a-session' }, undefined],
    [
      'claims that a trigger added',
      {},
      { tenant: { id: 1, tags: ['a', null, 1.5, true] }, big: 2 ** 63 },
      undefined,
    ],
  ]
  for (const [name, options, claims, code] of cases) t.equal(outcome(options, claims), code, name)
})

t.test('what the refusal of a wrong use or audience says', async t => {
  const hint = (options: Options, claims: object): unknown => {
    try {
      return verifierOf([poolOf(options)]).verifySync(token(claimsOf(claims)))
    } catch (error) {
      return (error as { hint: string }).hint
    }
  }
  t.match(hint({}, idClaims), /^This is an ID token; this API accepts access tokens\./)
  t.match(hint({ tokenUse: 'id' }, {}), /^This is an access token; this API accepts ID tokens\./)
  t.match(hint({}, { token_use: 'refresh' }), /^Check the "token_use" claim/)
  t.match(hint(anyClient, {}), /^This token is bound to no resource: ask for it with the parameter resource/)
  t.notMatch(hint(anyClient, { aud: 'https://other.example' }), /bound to no resource/)
})

t.test('who a token speaks for', async t => {
  const principalOf = (claims: object, options: Options = {}) =>
    verifierOf([poolOf({ tokenUse: ['access', 'id'], ...options })]).verifySync(token(claimsOf(claims)))
      .principal
  const google = {
    userId: '42',
    providerName: 'Google',
    providerType: 'Google',
    issuer: null,
    primary: 'true',
    dateCreated: '1',
  }
  const machine = { sub: clientId, username: undefined, 'cognito:groups': undefined, scope: 'a/b c/d' }
  const base = { issuer, clientId, expiresAt: now + 3600, groups: [], scopes: [] }
  t.same(principalOf(machine), {
    ...base,
    kind: 'machine',
    subject: clientId,
    tokenUse: 'access',
    scopes: ['a/b', 'c/d'],
  })
  t.equal(principalOf({ ...machine, username: 'x' }).kind, 'user', 'a username makes a user')
  t.equal(principalOf({ ...machine, sub: 'x' }).kind, 'user', 'so does another subject')
  t.equal(principalOf({ ...idClaims, sub: clientId }).kind, 'user', 'an ID token is never a machine’s')
  t.same(principalOf({ ...idClaims, 'cognito:groups': ['a', 'b'], identities: [google] }), {
    ...base,
    kind: 'user',
    subject: claimsOf().sub,
    tokenUse: 'id',
    username: 'somebody',
    groups: ['a', 'b'],
    provider: { name: 'Google', type: 'Google', userId: '42' },
  })
  const second = { ...google, providerName: 'Okta', primary: 'false' }
  const providers: [string, unknown, string | undefined][] = [
    ['the primary one', [second, google], 'Google'],
    ['the first, where none is', [second, { ...second, providerName: 'SAML' }], 'Okta'],
    ['none', [], undefined],
    ['not an object', [null, 1, 'x'], undefined],
    ['incomplete', [{ providerName: 'Google' }], undefined],
    ['of other types', [{ ...google, userId: 42 }], undefined],
    ['of other types', [{ ...google, providerType: null }], undefined],
  ]
  for (const [name, identities, provider] of providers) {
    t.equal(principalOf({ ...idClaims, identities }).provider?.name, provider, `provider: ${name}`)
  }
  t.same(principalOf({ scope: '' }).scopes, [])
  t.same(principalOf({ scope: ' a  b ' }).scopes, ['a', 'b'], 'scopes are parted by spaces, however many')
  t.same(principalOf({ scope: undefined }).scopes, [])
  t.same(principalOf({ ...idClaims, scope: 'a' }).scopes, [], 'an ID token has no scopes')
  t.notOk('username' in principalOf(machine))
})

t.test('the key set of the issuer that a token names is fetched, and no other', async t => {
  const requests: string[] = []
  const source = createTestIssuer({ userPoolId, clientId })
  const spying = (options: Options = {}) =>
    userPool({
      ...source.options,
      ...options,
      fetch: (url: string, init: RequestInit) => {
        requests.push(url)
        return source.options.fetch(source.jwksUri, init)
      },
    } as UserPoolOptions)
  const fetched = async (options: Options, iss: string) => {
    requests.length = 0
    const verifier = createVerifier({ issuers: [spying(options)], clock: source.clock })
    await verifier.verify(source.accessToken({ claims: { iss } })).catch(error => requests.push(error.code))
    verifier.close()
    return requests
  }
  const updated = issuer.replace('cognito-idp', 'issuer-cognito-idp')
  const replica = issuer.replace('.eu-west-1', '.eu-west-2')
  const path = '/.well-known/jwks.json'
  t.same(await fetched({}, issuer), [`${issuer}${path}`])
  t.same(await fetched({}, updated), [`${updated}${path}`])
  t.same(await fetched({ additionalRegions: ['eu-west-2'] }, replica), [`${replica}${path}`])
  t.same(await fetched({ jwksUri: 'https://mirror.example/keys' }, updated), ['https://mirror.example/keys'])
  t.same(await fetched({ issuer: 'https://pool.example' }, 'https://pool.example'), [
    `https://pool.example${path}`,
  ])
  t.same(
    await fetched({}, 'https://evil.example'),
    ['ERR_TOKEN_ISSUER'],
    'an issuer that is not configured: none',
  )
})

t.test('ready and health of a pool with several issuers', async t => {
  const updated = createTestIssuer({ issuerType: 'updated' })
  const only = createTestIssuer()
  const verifier = createVerifier({ issuers: [userPool(updated.options)], clock: updated.clock })
  t.match(verifier.health(), [{ state: 'empty', keys: 0 }])
  await verifier.ready()
  t.match(verifier.health(), [{ state: 'fresh', keys: 2 }])
  t.equal(
    codeOf(() => verifier.verifySync(updated.accessToken({ claims: { iss: only.issuer } }))),
    undefined,
  )
  verifier.close()

  // as on AWS, where a pool's other issuer answers 403
  const switched = createVerifier({
    issuers: [
      userPool({
        ...updated.options,
        fetchTimeout: 0.2,
        fetch: async (url, init) =>
          url.startsWith(updated.issuer)
            ? updated.options.fetch(url, init as object)
            : new Response(null, { status: 403 }),
      }),
    ],
    clock: updated.clock,
  })
  await switched.ready()
  t.equal(
    codeOf(() => switched.verifySync(updated.accessToken())),
    undefined,
    'the one that answers is loaded',
  )
  t.match(switched.health(), [{ state: 'fresh', keys: 2 }], 'and is the one whose health counts')
  const forged = updated.accessToken().replace(/.{9}$/, 'AAAAAAAAA')
  t.equal(
    codeOf(() => switched.verifySync(forged)),
    'ERR_TOKEN_SIGNATURE',
  )
  switched.close()

  updated.takeDown()
  const down = createVerifier({
    issuers: [userPool({ ...updated.options, fetchTimeout: 0.05 })],
    clock: updated.clock,
  })
  await t.rejects(down.ready(), { code: 'ERR_KEYS_UNAVAILABLE', cause: { reason: 'status' } })
  t.match(down.health(), [{ state: 'empty', keys: 0, lastFailure: 'status' }])
  down.close()
})

t.test('keys that cognito-guard/testing signs with are refused outside of tests', async t => {
  const source = createTestIssuer()
  const { insecureTestKeys, ...options } = source.options
  t.equal(insecureTestKeys, true)
  const verifier = createVerifier({
    issuers: [userPool({ ...options, fetchTimeout: 0.05 })],
    clock: source.clock,
  })
  await t.rejects(verifier.verify(source.accessToken()), {
    code: 'ERR_KEYS_UNAVAILABLE',
    cause: { reason: 'empty' },
  })
  verifier.close()
  t.throws(
    () => userPool({ userPoolId, clientId, jwks: source.jwks(), offline: true }),
    new TypeError('userPool: jwks has no usable key'),
  )
})

t.test('wrong options are named', async t => {
  const cases: [object | undefined, string][] = [
    [undefined, 'userPool: options must be an object'],
    [null as never, 'userPool: options must be an object'],
    [{ userPoolId: undefined }, 'userPool: userPoolId is undefined'],
    ...[
      '',
      'eu-west-1',
      'eu-west-1_',
      '_a',
      'eu-west-1_a/b',
      'eu-west-1_a.b',
      1,
      null,
      ['eu-west-1_a'],
      `eu-west-1_${'a'.repeat(50)}`,
    ].map((id): [object, string] => [
      { userPoolId: id },
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123',
    ]),
    ...['cn-north-1_abc', 'us-iso-east-1_abc', 'eusc-de-east-1_abc', 'local_abc', 'eu-west-1_a_b'].map(
      (id): [object, string] => [
        { userPoolId: id },
        'userPool: userPoolId is of a Region whose issuer is not documented: give the issuer option as well',
      ],
    ),
    [{ clientId: undefined }, 'userPool: clientId is undefined'],
    [{ clientId: [] }, 'userPool: clientId must not be an empty list'],
    ...['', null, 1, 'a b', 'a,b', 'x'.repeat(129)].map((id): [object, string] => [
      { clientId: id },
      'userPool: clientId must be an app client ID',
    ]),
    [{ clientId: ['a', undefined] }, 'userPool: clientId has an entry that must be an app client ID'],
    ...['refresh', null, 'ACCESS'].map((tokenUse): [object, string] => [
      { tokenUse },
      'userPool: tokenUse must be one of access, id',
    ]),
    [{ tokenUse: [] }, 'userPool: tokenUse must not be an empty list'],
    [{ resource: '' }, 'userPool: resource must be a non-empty string'],
    [{ resource: [] }, 'userPool: resource must not be an empty list'],
    [{ requireResource: 'yes' }, 'userPool: requireResource must be true or false'],
    [
      { additionalRegions: ['x'] },
      'userPool: additionalRegions has an entry that must be a Region, such as eu-west-1',
    ],
    [{ additionalRegions: 1 }, 'userPool: additionalRegions must be a Region, such as eu-west-1'],
    [{ issuer: 'pool' }, 'userPool: issuer must be a URL'],
    ...['http://127.0.0.1/jwks', 'file:///etc/passwd', 'data:application/json,{}', 'ftp://x.example'].map(
      (jwksUri): [object, string] => [
        { jwksUri },
        'userPool: jwksUri must be an https URL, or one of http that insecureLoopbackHttp or insecureHttpHosts allows',
      ],
    ),
    [
      { jwksUri: 'https://user@x.example/jwks' },
      'userPool: jwksUri must be a URL without credentials and fragment',
    ],
    [
      { jwksUri: 'http://169.254.169.254/jwks', insecureLoopbackHttp: true },
      'userPool: jwksUri must be an https URL, or one of http that insecureLoopbackHttp or insecureHttpHosts allows',
    ],
    [{ insecureSkipClientCheck: 1 }, 'userPool: insecureSkipClientCheck must be true or false'],
    [{ insecureSkipClientCheck: 'true', clientId: undefined }, 'userPool: clientId is undefined'],
    ...Object.entries({
      anyClient: [{ anyClient: 1 }, 'must be true or false'],
      clientId: [{}, 'cannot be combined with anyClient; requireResource: true keeps both checks'],
      resource: [{ clientId: undefined, resource: undefined }, 'is undefined'],
      requireResource: [{ clientId: undefined, requireResource: false }, 'must be true with anyClient'],
      insecureSkipClientCheck: [
        { clientId: undefined, insecureSkipClientCheck: true },
        'cannot be combined with anyClient',
      ],
    } as const).map(([name, [options, problem]]): [object, string] => [
      { anyClient: true, resource: api, ...options },
      `userPool: ${name} ${problem}`,
    ]),
    ...(['id', ['access', 'id'], [], 'x'] as const).map((tokenUse): [object, string] => [
      { ...anyClient, tokenUse },
      "userPool: tokenUse must be 'access' with anyClient: an ID token is bound to its client",
    ]),
    [{ anyClient: false, clientId: undefined, resource: api }, 'userPool: clientId is undefined'],
    [{ requireResource: true }, 'userPool: resource is undefined'],
    [{ machineScope: 'a/b' }, 'userPool: machineScope needs anyClient or requireResource'],
    ...['', 'read', '/read', 'a/', 'a b/c', 'a/b"', 'openid', 'aws.cognito.signin.user.admin', 1].map(
      (machineScope): [object, string] => [
        { ...anyClient, machineScope },
        'userPool: machineScope must be a scope of a resource server, such as orders/read',
      ],
    ),
    [
      { ...anyClient, machineScope: ['a/b', 'aws.cognito/dcr/register'] },
      'userPool: machineScope has an entry that must be a scope of a resource server, such as orders/read',
    ],
    [{ ...anyClient, machineScope: [] }, 'userPool: machineScope must not be an empty list'],
    [{ insecureTestKeys: 1 }, 'userPool: insecureTestKeys must be true or false'],
    [{ offline: true }, 'userPool: offline needs jwks'],
    [{ region: 'eu-west-1' }, 'userPool: region is not an option; known are '],
  ]
  for (const [options, message] of cases) {
    t.throws(
      () => userPool((options && { userPoolId, clientId, ...options }) as UserPoolOptions),
      { name: 'TypeError', message: message.endsWith(' ') ? new RegExp(`^${message}`) : message },
      `${JSON.stringify(options)}: ${message}`,
    )
  }
  const fine: Options[] = [
    { userPoolId: 'us-gov-west-1_abc' },
    {
      userPoolId: 'cn-north-1_abc',
      issuer: 'https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_abc',
    },
    { jwksUri: 'http://127.0.0.1:1/jwks', insecureLoopbackHttp: true },
    { resource: 'https://api.example.com', requireResource: true },
    { ...anyClient, requireResource: true, tokenUse: ['access'], insecureSkipClientCheck: false },
    { ...withMachines, tokenUse: 'access' },
  ]
  for (const options of fine)
    t.type(userPool({ userPoolId, clientId, ...options } as UserPoolOptions), 'object')
  t.same(
    pool({ userPoolId: 'us-gov-west-1_abc' }).issuers[0],
    'https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_abc',
  )
})
