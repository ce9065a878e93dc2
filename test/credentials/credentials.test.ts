import { CognitoIdentity, type GetIdentityPoolRolesCommandOutput } from '@aws-sdk/client-cognito-identity'
import {
  chooseRole,
  createVerifier,
  type IdentityPoolRoles,
  identityPool,
  type JwtClaims,
  oidcProvider,
  userPool,
} from 'cognito-guard'
import { type CredentialsOptions, createCredentials, type IdentityClient } from 'cognito-guard/credentials'
import {
  createTestIdentityPool,
  createTestIssuer,
  serveTestIdentityPool,
  type TestIdentityPoolOptions,
} from 'cognito-guard/testing'
import t from 'tap'

const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`
const [authenticated, unauthenticated, admin, reader] = [
  role('Auth'),
  role('Guest'),
  role('Admin'),
  role('Reader'),
]
const iss = 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_TestIssuer'
const client = 'test1client2of3the4issuer5'
const provider = `cognito-idp.us-east-1.amazonaws.com/us-east-1_TestIssuer:${client}`
const Roles = { authenticated, unauthenticated }
const claimsOf = (more: object = {}): JwtClaims => ({
  iss,
  aud: client,
  token_use: 'id',
  sub: 'u',
  exp: 1,
  ...more,
})

t.test('which role an identity pool chooses, and why', t => {
  const byToken = (AmbiguousRoleResolution: 'Deny' | 'AuthenticatedRole'): IdentityPoolRoles => ({
    Roles,
    RoleMappings: { [provider]: { Type: 'Token', AmbiguousRoleResolution } },
  })
  const rule = (
    Claim: string,
    MatchType: 'Equals' | 'NotEqual' | 'StartsWith' | 'Contains',
    Value: string,
    RoleARN: string,
  ) => ({
    Claim,
    MatchType,
    Value,
    RoleARN,
  })
  const byRules = (
    rules: readonly ReturnType<typeof rule>[],
    AmbiguousRoleResolution: 'Deny' | 'AuthenticatedRole' = 'Deny',
  ): IdentityPoolRoles => ({
    Roles,
    RoleMappings: {
      [provider]: { Type: 'Rules', AmbiguousRoleResolution, RulesConfiguration: { Rules: rules } },
    },
  })
  const two = { 'cognito:roles': [admin, reader] }
  const preferred = { ...two, 'cognito:preferred_role': reader }
  const paid = rule('custom:plan', 'Equals', 'paid', admin)
  const none: IdentityPoolRoles = {
    RoleMappings: { [provider]: { Type: 'Token', AmbiguousRoleResolution: 'AuthenticatedRole' } },
  }
  const cases = [
    ['a guest', { Roles }, undefined, undefined, unauthenticated, 'guest'],
    ['a guest, not admitted', { Roles: { authenticated } }, undefined, undefined, undefined, 'guest_denied'],
    ['a guest, no roles', {}, undefined, undefined, undefined, 'guest_denied'],
    ['no mapping', { Roles }, claimsOf(), undefined, authenticated, 'no_mapping'],
    [
      'a mapping of another client',
      byToken('Deny'),
      claimsOf({ aud: 'x' }),
      undefined,
      authenticated,
      'no_mapping',
    ],
    [
      'no mapping, no role',
      { Roles: { unauthenticated } },
      claimsOf(),
      undefined,
      undefined,
      'not_configured',
    ],
    ['token: preferred', byToken('Deny'), claimsOf(preferred), undefined, reader, 'preferred_role'],
    ['token: asked for', byToken('Deny'), claimsOf(preferred), admin, admin, 'custom_role'],
    [
      'token: asked for, not theirs',
      byToken('AuthenticatedRole'),
      claimsOf(preferred),
      role('Root'),
      undefined,
      'custom_role_denied',
    ],
    [
      'token: asked for, none theirs',
      byToken('AuthenticatedRole'),
      claimsOf(),
      admin,
      undefined,
      'custom_role_denied',
    ],
    ['token: tied, deny', byToken('Deny'), claimsOf(two), undefined, undefined, 'ambiguous_denied'],
    [
      'token: tied, default',
      byToken('AuthenticatedRole'),
      claimsOf(two),
      undefined,
      authenticated,
      'ambiguous',
    ],
    ['token: no roles', byToken('Deny'), claimsOf(), undefined, undefined, 'ambiguous_denied'],
    ['token: tied, no default', none, claimsOf(two), undefined, undefined, 'not_configured'],
    ['rules: equals', byRules([paid]), claimsOf({ 'custom:plan': 'paid' }), undefined, admin, 'rule'],
    [
      'rules: a boolean',
      byRules([rule('email_verified', 'Equals', 'true', reader)]),
      claimsOf({ email_verified: true }),
      undefined,
      reader,
      'rule',
    ],
    [
      'rules: a number',
      byRules([rule('level', 'StartsWith', '4', reader)]),
      claimsOf({ level: 42 }),
      undefined,
      reader,
      'rule',
    ],
    [
      'rules: not equal',
      byRules([rule('custom:plan', 'NotEqual', 'free', admin)]),
      claimsOf({ 'custom:plan': 'paid' }),
      undefined,
      admin,
      'rule',
    ],
    [
      'rules: not equal, equal',
      byRules([rule('custom:plan', 'NotEqual', 'free', admin)]),
      claimsOf({ 'custom:plan': 'free' }),
      undefined,
      undefined,
      'ambiguous_denied',
    ],
    [
      'rules: not equal, absent',
      byRules([rule('custom:plan', 'NotEqual', 'free', admin)]),
      claimsOf(),
      undefined,
      undefined,
      'ambiguous_denied',
    ],
    [
      'rules: starts with',
      byRules([rule('email', 'StartsWith', 'ada@', admin)]),
      claimsOf({ email: 'ada@x' }),
      undefined,
      admin,
      'rule',
    ],
    [
      'rules: contains',
      byRules([rule('email', 'Contains', '@x', admin)]),
      claimsOf({ email: 'ada@x' }),
      undefined,
      admin,
      'rule',
    ],
    [
      'rules: contains not',
      byRules([rule('email', 'Contains', '@y', admin)]),
      claimsOf({ email: 'ada@x' }),
      undefined,
      undefined,
      'ambiguous_denied',
    ],
    [
      'rules: a list',
      byRules([rule('cognito:groups', 'Contains', 'a', admin)]),
      claimsOf({ 'cognito:groups': ['a'] }),
      undefined,
      undefined,
      'ambiguous_denied',
    ],
    [
      'rules: the first of two',
      byRules([paid, rule('email', 'Contains', '@', reader)]),
      claimsOf({ 'custom:plan': 'paid', email: 'a@x' }),
      undefined,
      admin,
      'rule',
    ],
    [
      'rules: the second, asked for',
      byRules([paid, rule('email', 'Contains', '@', reader)]),
      claimsOf({ 'custom:plan': 'paid', email: 'a@x' }),
      reader,
      reader,
      'custom_role',
    ],
    [
      'rules: asked for, does not match',
      byRules([paid, rule('email', 'Contains', '@', reader)]),
      claimsOf({ email: 'a@x' }),
      admin,
      undefined,
      'custom_role_denied',
    ],
    [
      'rules: none, default',
      byRules([], 'AuthenticatedRole'),
      claimsOf(),
      undefined,
      authenticated,
      'ambiguous',
    ],
    [
      'rules: not even a list',
      { Roles, RoleMappings: { [provider]: { Type: 'Rules' } } },
      claimsOf(),
      undefined,
      undefined,
      'ambiguous_denied',
    ],
    [
      'rules: no kind of match',
      byRules([{ ...paid, MatchType: undefined as never }]),
      claimsOf({ 'custom:plan': 'paid' }),
      undefined,
      undefined,
      'ambiguous_denied',
    ],
    [
      'rules: nothing in it',
      byRules([{} as never]),
      claimsOf({ '': 'x' }),
      undefined,
      undefined,
      'ambiguous_denied',
    ],
    [
      'another provider',
      {
        Roles,
        RoleMappings: {
          'accounts.google.com': {
            Type: 'Rules',
            RulesConfiguration: { Rules: [rule('hd', 'Equals', 'x', reader)] },
          },
        },
      },
      { iss: 'https://accounts.google.com', aud: 'app', exp: 1, hd: 'x' },
      undefined,
      reader,
      'rule',
    ],
  ] as const
  for (const [name, pool, claims, custom, expected, reason] of cases) {
    const choice = chooseRole(pool, claims, custom)
    t.same([choice.role, choice.reason], [expected, reason], name)
    t.match(choice.why, /^[A-Z].*\.$/, `${name}: says why`)
  }
  const fromSdk = (output: GetIdentityPoolRolesCommandOutput) => chooseRole(output, claimsOf())
  t.equal(fromSdk({ $metadata: {}, Roles }).role, authenticated, 'takes what the SDK gives')
  t.end()
})

/** A user pool and an identity pool on loopback, and the SDK's own client. */
async function world(
  options: TestIdentityPoolOptions = { roles: { Roles } },
  more: Partial<CredentialsOptions> = {},
) {
  const issuer = createTestIssuer()
  const pool = createTestIdentityPool(issuer, options)
  const served = await serveTestIdentityPool(pool)
  const sdk = new CognitoIdentity({ region: 'us-east-1', endpoint: served.url, maxAttempts: 1 })
  t.teardown(async () => {
    sdk.destroy()
    await served.close()
  })
  const verifier = createVerifier({
    issuers: [userPool({ ...issuer.options, tokenUse: ['id', 'access'] }), identityPool(pool.options)],
    clock: issuer.clock,
  })
  const { identityPoolId } = pool.options
  const credentials = createCredentials({ client: sdk, identityPoolId, verifier, ...more })
  return { issuer, pool, sdk, verifier, credentials, identityPoolId, url: served.url }
}

t.test('a user’s ID token is exchanged for credentials, once', async t => {
  const { issuer, pool, credentials } = await world()
  const idToken = issuer.idToken({ username: 'ada' })
  const provide = credentials.forUser(idToken)
  const all = await Promise.all([
    provide(),
    provide(),
    credentials.forUser(issuer.idToken({ username: 'ada' }))(),
  ])
  const [first] = all
  for (const each of all) t.equal(each, first, 'one exchange for all who wait')
  t.same(pool.calls, { GetId: 1, GetCredentialsForIdentity: 1 })
  t.match(first, {
    accessKeyId: /^ASIA/,
    secretAccessKey: /.{20}/,
    sessionToken: /.{20}/,
    identityId: /^us-east-1:/,
  })
  t.equal(first?.expiration.getTime(), Math.floor(issuer.clock.now() / 1000 + 3600) * 1000)
  t.equal(pool.roleOf(first?.accessKeyId), authenticated)

  const eve = await credentials.forUser(issuer.idToken({ username: 'eve' }))()
  t.not(eve.identityId, first?.identityId)
  const promoted = await credentials.forUser(issuer.idToken({ username: 'ada', groups: ['admin'] }))()
  t.equal(promoted.identityId, first?.identityId)
  t.not(promoted.accessKeyId, first?.accessKeyId, 'other groups, other credentials')
  const elsewhere = issuer.idToken({ username: 'ada', claims: { 'custom:tenant': 'b' } })
  t.not((await credentials.forUser(elsewhere)()).accessKeyId, first?.accessKeyId, 'another tag, too')

  issuer.clock.advance(3300)
  const again = await Promise.all([provide(), provide()])
  t.equal(again[0], again[1])
  t.not(again[0]?.accessKeyId, first?.accessKeyId, 'fetched again before they expire')
  t.equal(again[0]?.identityId, first?.identityId)
  issuer.clock.advance(400)
  await t.rejects(provide(), { code: 'ERR_TOKEN_EXPIRED' }, 'credentials end with the token')
})

t.test('guests have credentials too, where they are admitted', async t => {
  const { issuer, pool, credentials } = await world()
  const [one, other] = [credentials.forGuest(), credentials.forGuest()]
  const first = await one()
  t.equal(pool.roleOf(first.accessKeyId), unauthenticated)
  t.equal(await one(), first)
  t.not((await other()).identityId, first.identityId, 'another guest')
  for (let number = 0; number < 9; number++)
    await t.rejects(
      credentials.forGuest(String(number))(),
      { name: 'CredentialsError', reason: 'pool_not_found' },
      'a guest is not known by a number',
    )
  issuer.clock.advance(3400)
  const later = await one()
  t.not(later.accessKeyId, first.accessKeyId)
  t.equal(later.identityId, first.identityId, 'the same guest')
  const back = await credentials.forGuest(first.identityId)()
  t.equal(back.identityId, first.identityId, 'a guest who comes back')
  const user = await credentials.forUser(issuer.idToken())()
  await t.rejects(
    credentials.forGuest(user.identityId)(),
    { name: 'CredentialsError', reason: 'identity_forbidden' },
    'not as a user',
  )

  const closed = await world({ roles: { Roles: { authenticated } } })
  await t.rejects(closed.credentials.forGuest()(), { name: 'CredentialsError', reason: 'guests_denied' })
})

t.test('what goes wrong is explained', async t => {
  const mapping = { Type: 'Token', AmbiguousRoleResolution: 'Deny' } as const
  const { issuer, pool, credentials, sdk, verifier, identityPoolId } = await world({
    roles: { Roles, RoleMappings: { [provider]: mapping } },
  })
  const rolesOf = (roles: string[]) => issuer.idToken({ claims: { 'cognito:roles': roles } })
  await t.rejects(credentials.forUser(rolesOf([admin, reader]))(), {
    name: 'CredentialsError',
    reason: 'role_denied',
  })
  await t.rejects(credentials.forUser(rolesOf([admin, reader]), role('Root'))(), {
    name: 'CredentialsError',
    reason: 'role_denied',
  })
  const asked = await credentials.forUser(rolesOf([admin, reader]), reader)()
  t.equal(pool.roleOf(asked.accessKeyId), reader)
  const before = { ...pool.calls }
  await t.rejects(credentials.forUser(issuer.accessToken())(), { code: 'ERR_TOKEN_USE', hint: /ID tokens/ })
  await t.rejects(credentials.forUser('x')(), { code: 'ERR_TOKEN_MALFORMED' })
  await t.rejects(credentials.forUser(issuer.idToken({ expiresIn: -60 }))(), { code: 'ERR_TOKEN_EXPIRED' })
  t.same(pool.calls, before, 'the pool is not called with a bad token')

  const anyClient = createVerifier({
    issuers: [
      userPool({ ...issuer.options, clientId: ['another1client', client], tokenUse: 'id' }),
      // stands for any verifier that accepts more than the pool does
      oidcProvider({
        issuer: 'https://another.example',
        audience: 'x',
        jwksUri: 'https://another.example/keys',
        jwks: issuer.jwks(),
        offline: true,
        insecureTestKeys: true,
      }),
    ],
    clock: issuer.clock,
    clockTolerance: 60,
  })
  const lenient = createCredentials({ client: sdk, identityPoolId, verifier: anyClient })
  const reasonOf = (token: string) =>
    lenient
      .forUser(token)()
      .catch(error => error.reason ?? error)
  t.equal(await reasonOf(issuer.idToken({ clientId: 'another1client' })), 'provider_not_linked')
  t.equal(
    await reasonOf(issuer.idToken({ claims: { iss: 'https://another.example', aud: 'x' } })),
    'provider_not_linked',
  )
  t.equal(await reasonOf(issuer.idToken({ expiresIn: -30 })), 'token_refused')
  const unconfigured = await world({})
  await t.rejects(unconfigured.credentials.forUser(unconfigured.issuer.idToken())(), {
    name: 'CredentialsError',
    reason: 'roles_not_configured',
  })
  const elsewhere = createCredentials({ client: sdk, identityPoolId: 'eu-west-1:1', verifier })
  const error = (await elsewhere
    .forUser(issuer.idToken())()
    .catch(error => error)) as Error
  t.match(error, {
    name: 'CredentialsError',
    reason: 'pool_not_found',
    message: /Region/,
    cause: { name: 'ResourceNotFoundException' },
  })
  t.notMatch(error.message, /eu-west-1:1/, 'it quotes nothing')

  const failing = (thrown: unknown, answer: object = { IdentityId: 'x' }): IdentityClient => ({
    getId: async () => answer,
    getCredentialsForIdentity: async () => {
      if (thrown) throw thrown
      return answer
    },
  })
  const named = (name: string, message = '') => Object.assign(new Error(message), { name })
  const cases = [
    [named('TooManyRequestsException'), 'throttled'],
    [named('InternalErrorException'), 'unavailable'],
    [named('Error', 'connect ECONNREFUSED'), 'unavailable'],
    [
      named('NotAuthorizedException', 'Invalid login token. Missing a required claim: aud'),
      'not_an_id_token',
    ],
    [
      named('NotAuthorizedException', "Invalid login token. Issuer doesn't match providerName"),
      'issuer_mismatch',
    ],
    [undefined, 'incomplete'],
  ] as const
  const forUser = (thrown: unknown) =>
    createCredentials({ client: failing(thrown), identityPoolId, verifier }).forUser(issuer.idToken())()
  for (const [thrown, reason] of cases) await t.rejects(forUser(thrown), { name: 'CredentialsError', reason })
  const nothing = createCredentials({
    client: { ...failing(undefined), getId: async () => Promise.reject() },
    identityPoolId,
    verifier,
  })
  t.equal(
    await nothing
      .forGuest()()
      .catch(error => error),
    undefined,
  )
  const bug = new RangeError('a bug')
  t.equal(await forUser(bug).catch(error => error), bug, 'what is not known is passed on')
  t.equal(
    await createCredentials({ client: failing(undefined, {}), identityPoolId, verifier })
      .forGuest()()
      .catch(error => error.reason),
    'incomplete',
  )
})

t.test('a failure is not cached, and the cache is bounded', async t => {
  const { issuer, pool, credentials } = await world(
    { roles: { Roles } },
    { maxIdentities: 1, refreshBefore: 0 },
  )
  const [ada, eve] = [issuer.idToken({ username: 'ada' }), issuer.idToken({ username: 'eve' })]
  for (const token of [ada, ada, eve, ada]) t.ok(await credentials.forUser(token)())
  t.equal(pool.calls.GetCredentialsForIdentity, 3)
  let isDown = true
  const flaky = createCredentials({
    client: {
      getId: async () => ({ IdentityId: 'x' }),
      getCredentialsForIdentity: async () => {
        if (isDown) throw Object.assign(new Error(), { name: 'InternalErrorException' })
        const Expiration = new Date(issuer.clock.now() + 3600_000)
        return { Credentials: { AccessKeyId: 'a', SecretKey: 'b', SessionToken: 'c', Expiration } }
      },
    },
    identityPoolId: 'x',
    verifier: createVerifier({
      issuers: [userPool({ ...issuer.options, tokenUse: 'id' })],
      clock: issuer.clock,
    }),
  })
  await Promise.all(
    [1, 2].map(() => t.rejects(flaky.forUser(ada)(), { name: 'CredentialsError', reason: 'unavailable' })),
  )
  isDown = false
  t.match(await flaky.forUser(ada)(), { identityId: 'x' })
  const wrong = [
    [{ client: {} as never }, /client must be a CognitoIdentity client/],
    [{ client: null as never }, /client must be a CognitoIdentity client/],
    [{ verifier: {} as never }, /verifier must be a verifier/],
    [{ identityPoolId: undefined as never }, /identityPoolId is undefined/],
    [{ refreshBefore: 5000 }, /refreshBefore must be/],
  ] as const
  for (const [options, message] of wrong) {
    const good = { client: {} as IdentityClient, identityPoolId: 'x', verifier: {} as never }
    const client = { getId: async () => ({}), getCredentialsForIdentity: async () => ({}) }
    const verifier = createVerifier({ issuers: [userPool(issuer.options)] })
    t.throws(() => createCredentials({ ...good, client, verifier, ...options }), {
      name: 'TypeError',
      message,
    })
  }
})

t.test('the identity pool of the test kit, as the SDK sees it', async t => {
  const { issuer, sdk, verifier, identityPoolId, url, pool } = await world()
  const login = (token: string, name = iss.slice(8)) => ({ Logins: { [name]: token } })
  const { IdentityId } = await sdk.getId({ IdentityPoolId: identityPoolId, ...login(issuer.idToken()) })
  const id = { IdentityId: String(IdentityId) }
  const { Token } = await sdk.getOpenIdToken({ ...id, ...login(issuer.idToken()) })
  t.match((await verifier.verify(String(Token))).principal, {
    kind: 'user',
    subject: IdentityId,
    provider: { name: iss.slice(8), type: 'CognitoSignIn' },
  })
  const guest = await sdk.getId({ IdentityPoolId: identityPoolId })
  const { Token: guestToken } = await sdk.getOpenIdToken({ IdentityId: String(guest.IdentityId) })
  t.equal((await verifier.verify(String(guestToken))).principal.kind, 'guest')

  const ofPool = { IdentityPoolId: identityPoolId }
  const forged = `${issuer.idToken().slice(0, -8)}AAAAAAAA`
  const cases = [
    [
      'not found',
      () => sdk.getCredentialsForIdentity({ IdentityId: 'us-east-1:1' }),
      'ResourceNotFoundException',
      /^Identity '.*' not found\.$/,
    ],
    [
      'somebody else’s',
      () => sdk.getCredentialsForIdentity(id),
      'NotAuthorizedException',
      /^Access to Identity '.*' is forbidden\.$/,
    ],
    [
      'no token',
      () => sdk.getId({ ...ofPool, ...login('x') }),
      'NotAuthorizedException',
      /Not a valid OpenId Connect identity token/,
    ],
    [
      'under another name',
      () => sdk.getId({ ...ofPool, ...login(issuer.idToken(), 'x') }),
      'NotAuthorizedException',
      /Issuer doesn't match providerName/,
    ],
    [
      'an access token',
      () => sdk.getId({ ...ofPool, ...login(issuer.accessToken()) }),
      'NotAuthorizedException',
      /Missing a required claim: aud/,
    ],
    [
      'bound to a resource',
      () => sdk.getId({ ...ofPool, ...login(issuer.accessToken({ resource: 'https://x' })) }),
      'NotAuthorizedException',
      /not from a supported provider/,
    ],
    [
      'expired',
      () => sdk.getId({ ...ofPool, ...login(issuer.idToken({ expiresIn: -1 })) }),
      'NotAuthorizedException',
      /Token expired: \d+ >= \d+/,
    ],
    [
      'forged',
      () => sdk.getId({ ...ofPool, ...login(forged) }),
      'NotAuthorizedException',
      /Token signature invalid/,
    ],
  ] as const
  for (const [name, call, error, message] of cases) await t.rejects(call(), { name: error, message }, name)
  t.match(await pool.answer('ListIdentities', {}), {
    status: 400,
    document: { __type: 'UnknownOperationException' },
  })
  const response = await fetch(`${url}/.well-known/jwks_uri`)
  t.match(await response.json(), { keys: [{ alg: 'RS512', n: /[+/].*=$/ }] })
  t.throws(() => createTestIdentityPool(issuer, { identityPoolId: '' }), /identityPoolId must be/)
  await t.rejects(pool.options.fetch('', { signal: AbortSignal.abort() }), { name: 'AbortError' })
})
