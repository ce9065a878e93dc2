import {
  AuthError,
  allowAnonymous,
  createGuard,
  type Decision,
  type DecisionEvent,
  every,
  type Guard,
  type GuardOptions,
  hasScope,
  inGroup,
  isAuthError,
  not,
  type Policy,
  type RequestView,
  signedInWithin,
  some,
  type VerifiedToken,
  type Verifier,
  withAssurance,
} from 'cognito-guard'
import t from 'tap'
import { claimsOf, foreign, headerOf, now, token, verifierOf } from '../mint.js'

const verifier = verifierOf()

const bearing = (value: string): RequestView => ({
  header: name => (name === 'authorization' ? `Bearer ${value}` : undefined),
})
const bare: RequestView = { header: () => undefined }

/** A verifier that answers, or refuses, always the same. */
const answering = (answer: () => VerifiedToken | Promise<VerifiedToken>): Verifier => ({
  ...verifier,
  check: answer,
})

const refusing = (error: unknown, later = false) =>
  answering(() => {
    if (later) return Promise.reject(error)
    throw error
  })

t.test('a request with a valid token is authorized', async t => {
  const decision = createGuard({ verifier })(bearing(token()))
  t.match(decision, { authorized: true, auth: { principal: { kind: 'user' } } })
  t.strictSame(Object.keys(await decision), ['authorized', 'auth'])
})

t.test('what each refusal is answered', async t => {
  const invalid = 'Bearer realm="api", error="invalid_token", error_description="The token is invalid"'
  const expired = 'Bearer realm="api", error="invalid_token", error_description="The token has expired"'
  const unsent =
    'Bearer realm="api", error="invalid_request", error_description="The request does not carry exactly one well-formed token"'
  const denied =
    'Bearer realm="api", error="insufficient_scope", error_description="The token does not permit this request"'
  const stepUp =
    'Bearer realm="api", error="insufficient_user_authentication", error_description="A more recent or stronger sign-in is required"'
  const cases: [string, number, string, string, RequestView, Policy?][] = [
    ['ERR_TOKEN_MISSING', 401, 'unauthorized', 'Bearer realm="api"', bare],
    ['ERR_REQUEST_INVALID', 400, 'invalid_request', unsent, bearing('a b')],
    ['ERR_TOKEN_MALFORMED', 401, 'invalid_token', invalid, bearing('abc')],
    ['ERR_TOKEN_SIGNATURE', 401, 'invalid_token', invalid, bearing(token(claimsOf(), headerOf(), foreign))],
    ['ERR_TOKEN_EXPIRED', 401, 'invalid_token', expired, bearing(token(claimsOf({ exp: now - 60 })))],
    ['ERR_PERMISSION_DENIED', 403, 'insufficient_scope', denied, bearing(token()), inGroup('admin')],
    [
      'ERR_PERMISSION_DENIED',
      403,
      'insufficient_scope',
      `${denied}, scope="a b"`,
      bearing(token()),
      hasScope('a', 'b'),
    ],
    [
      'ERR_PERMISSION_DENIED',
      403,
      'insufficient_scope',
      `${denied}, scope="a"`,
      bearing(token()),
      every(not(inGroup('x')), hasScope('a')),
    ],
    [
      'ERR_STEP_UP_REQUIRED',
      401,
      'insufficient_user_authentication',
      `${stepUp}, max_age="10"`,
      bearing(token()),
      signedInWithin(10),
    ],
    [
      'ERR_STEP_UP_REQUIRED',
      401,
      'insufficient_user_authentication',
      `${stepUp}, acr_values="x y"`,
      bearing(token()),
      withAssurance('x', 'y'),
    ],
  ]
  const guard = createGuard({ verifier })
  for (const [code, status, error, challenge, request, policy] of cases) {
    const decision = (await guard(request, policy)) as Exclude<Decision, { authorized: true }>
    t.equal(decision.error.code, code, challenge)
    t.strictSame(
      { ...decision, error: undefined },
      {
        authorized: false,
        status,
        headers: {
          'Content-Type': 'application/json',
          'Cache-Control': 'no-store',
          'WWW-Authenticate': challenge,
        },
        body: {
          error,
          error_description: /error_description="(.*?)"/.exec(challenge)?.[1] ?? 'The request has no token',
        },
        error: undefined,
      },
      code,
    )
  }
})

const metadata = 'https://api.example.com/.well-known/oauth-protected-resource/mcp'

t.test('what a challenge names where the metadata of the resource is known', async t => {
  const known = `Bearer realm="api", resource_metadata="${metadata}"`
  const invalid = `${known}, error="invalid_token", error_description="The token is invalid"`
  const denied = `${known}, error="insufficient_scope", error_description="The token does not permit this request"`
  const stepUp = `${known}, error="insufficient_user_authentication", error_description="A more recent or stronger sign-in is required"`
  const unsent = `${known}, error="invalid_request", error_description="The request does not carry exactly one well-formed token"`
  const [a, b] = [hasScope('a'), hasScope('b')]
  const revoked = async () => {
    throw new AuthError('ERR_TOKEN_REVOKED')
  }
  const thrower: Policy = Object.assign(revoked, { challenge: { scope: 'c' } })
  const needsA: Policy = Object.assign(() => true, { challenge: { scope: 'a' } })
  const cases: [string, string, RequestView, (Policy | undefined)?, Policy?][] = [
    ['no token', known, bare],
    ['no token, a scope', `${known}, scope="a"`, bare, a],
    ['no token, the scope of the guard', `${known}, scope="a"`, bare, undefined, a],
    ['no token, scopes of both, each once', `${known}, scope="a b"`, bare, every(b, a), a],
    ['no token, no scope for a group', known, bare, inGroup('x')],
    ['no token, what is refused', known, bare, not(a)],
    ['no token, alternatives', known, bare, some(a, b)],
    ['no token, an alternative without a scope', known, bare, some(a, inGroup('x'))],
    [
      'no token, what alternatives share',
      `${known}, scope="a"`,
      bare,
      some(hasScope('a', 'b'), every(a, not(b))),
    ],
    ['a bad token', `${invalid}, scope="a b"`, bearing('abc'), b, a],
    ['two tokens', unsent, bearing('a b'), a],
    ['a thrown refusal', `${invalid}, scope="a c"`, bearing(token()), thrower, needsA],
    ['a scope', `${denied}, scope="a"`, bearing(token()), a],
    [
      'the second of two scopes',
      `${denied}, scope="orders/read b a"`,
      bearing(token()),
      every(b, a),
      hasScope('orders/read'),
    ],
    ['a group, when scopes are there', denied, bearing(token()), inGroup('x'), hasScope('orders/read')],
    [
      'an alternative',
      `${denied}, scope="orders/read a"`,
      bearing(token()),
      every(hasScope('orders/read'), some(a, b)),
    ],
    [
      'a sign-in',
      `${stepUp}, scope="orders/read", max_age="10"`,
      bearing(token()),
      every(hasScope('orders/read'), signedInWithin(10)),
    ],
  ]
  for (const [name, challenge, request, policy, general] of cases) {
    const guard = createGuard({ verifier, resourceMetadata: metadata, ...(general && { policy: general }) })
    const decision = await guard(request, policy)
    t.equal(!decision.authorized && decision.headers['WWW-Authenticate'], challenge, name)
  }
  const plain = createGuard({ verifier, policy: hasScope('orders/read') })
  const without: [string, string, RequestView, Policy?][] = [
    ['no token', 'Bearer realm="api"', bare, a],
    [
      'scopes of every part',
      `${denied.replace(known, 'Bearer realm="api"')}, scope="orders/read a"`,
      bearing(token()),
      a,
    ],
  ]
  for (const [name, challenge, request, policy] of without) {
    const decision = await plain(request, policy)
    t.equal(
      !decision.authorized && decision.headers['WWW-Authenticate'],
      challenge,
      `${name}, unknown metadata`,
    )
  }
  const outage = createGuard({
    verifier: refusing(new AuthError('ERR_KEYS_UNAVAILABLE')),
    resourceMetadata: metadata,
  })
  t.match(await outage(bearing('x'), a), { status: 503, headers: { 'WWW-Authenticate': undefined } })
  t.ok(createGuard({ verifier, resourceMetadata: 'http://127.0.0.1:3000/.well-known/x' }), 'on loopback')
})

t.test('a challenge that would end its quoted string, or the header, is a fault', async t => {
  const guard = createGuard({ verifier })
  const ask = async (challenge: unknown, isLater: boolean) =>
    guard(
      bearing(token()),
      Object.assign(() => (isLater ? Promise.resolve(false) : false), { challenge }) as Policy,
    )
  const wrong = [
    ...['a"b', 'a\\', 'a\r\nX: y', 'é', '\u007f', 5, null].flatMap(text => [
      { scope: text },
      { acrValues: text },
    ]),
    ...['60"', '60', Number.NaN, Number.POSITIVE_INFINITY, -1, null].map(maxAge => ({ maxAge })),
  ]
  for (const isLater of [false, true]) {
    for (const challenge of wrong)
      await t.rejects(
        ask(challenge, isLater),
        { name: 'TypeError', message: 'policy: its challenge does not fit into a header' },
        JSON.stringify(challenge),
      )
    for (const challenge of [{ scope: 'a:b c/d' }, { maxAge: 0, acrValues: 'urn:x' }, {}, undefined])
      t.match(await ask(challenge, isLater), { authorized: false }, JSON.stringify(challenge))
  }
  const known = createGuard({ verifier, resourceMetadata: metadata })
  const asking = (scope: unknown): Policy => Object.assign(() => true, { challenge: { scope } }) as Policy
  for (const policy of [asking('a"b'), every(asking('a\r\nX: y')), every(asking('a'), asking('é'))])
    t.throws(() => known(bare, policy), { name: 'TypeError', message: /does not fit into a header/ })
  for (const scope of [5, null]) t.match(await known(bare, every(asking(scope))), { status: 401 }, 'no text')
})

t.test('an outage of the keys is 503, with Retry-After', async t => {
  const cases: [AuthError, string][] = [
    [new AuthError('ERR_KEYS_UNAVAILABLE'), '5'],
    [new AuthError('ERR_KEYS_UNAVAILABLE', { retryAfter: 0.2 }), '1'],
    [new AuthError('ERR_KEYS_UNAVAILABLE', { retryAfter: 12 }), '12'],
    [new AuthError('ERR_KEYS_NOT_LOADED'), '5'],
    [new AuthError('ERR_REVOCATION_UNAVAILABLE', { retryAfter: 3, cause: new Error('x') }), '3'],
  ]
  for (const [error, retryAfter] of cases) {
    for (const later of [false, true]) {
      const decision = await createGuard({ verifier: refusing(error, later) })(bearing('x'))
      t.match(decision, {
        status: 503,
        headers: { 'Retry-After': retryAfter, 'WWW-Authenticate': undefined },
        body: { error: 'temporarily_unavailable', error_description: 'Try again later' },
        error,
      })
    }
  }
})

t.test('every code of a bad token looks the same from outside, but for an expired one', async t => {
  const codes = [
    'MALFORMED',
    'ALGORITHM',
    'ISSUER',
    'KEY',
    'SIGNATURE',
    'NOT_YET_VALID',
    'USE',
    'CLIENT',
    'AUDIENCE',
    'CLAIM',
    'SIGNER',
    'REVOKED',
  ] as const
  const answers = new Set<string>()
  for (const code of codes) {
    const { error, ...answer } = (await createGuard({
      verifier: refusing(new AuthError(`ERR_TOKEN_${code}`)),
    })(bearing('x'))) as { error: AuthError }
    t.equal(error.code, `ERR_TOKEN_${code}`)
    answers.add(JSON.stringify(answer))
  }
  t.equal(answers.size, 1)
})

t.test('explain: the precise code, and how to fix it', async t => {
  const guard = createGuard({ verifier, explain: true, realm: 'orders' })
  const id = token(claimsOf({ token_use: 'id' }))
  t.match(await guard(bearing(id)), {
    body: {
      error: 'invalid_token',
      error_description: 'The token is of the wrong use',
      code: 'ERR_TOKEN_USE',
      hint: /^This is an ID token; this API accepts access tokens\./,
    },
    headers: {
      'WWW-Authenticate':
        'Bearer realm="orders", error="invalid_token", error_description="The token is invalid"',
    },
  })
  t.match(await guard(bare), { body: { code: 'ERR_TOKEN_MISSING' } })
  t.match(await guard(bearing(token()), inGroup('x')), { body: { code: 'ERR_PERMISSION_DENIED' } })
})

t.test('policies: the guard’s own first, then that of the route', async t => {
  const later =
    (policy: Policy): Policy =>
    async (...args) =>
      policy(...args)
  for (const wrap of [(policy: Policy) => policy, later]) {
    const guard = createGuard({ verifier, policy: wrap(hasScope('openid')) })
    const outcome = async (policy?: Policy) =>
      ((await guard(bearing(token()), policy)) as { status?: number }).status ?? 200
    t.equal(await outcome(), 200)
    t.equal(await outcome(wrap(inGroup('readers'))), 200)
    t.equal(await outcome(wrap(inGroup('admin'))), 403)
    const strict = createGuard({ verifier, policy: wrap(hasScope('other')) })
    t.match(await strict(bearing(token())), { status: 403 })
    t.match(await strict(bearing(token()), () => t.fail('asked')), { status: 403 })
  }
  const asked: unknown[] = []
  const spy: Policy = (...args) => asked.push(args) > 0
  const request = bearing(token())
  const { auth } = (await createGuard({ verifier })(request, spy)) as { auth: unknown }
  t.strictSame(asked, [[auth, request, verifier.clock]])
  for (const answer of [1, 'true', {}, undefined, null]) {
    await t.rejects(
      async () => createGuard({ verifier })(bearing(token()), () => answer as boolean),
      { name: 'TypeError', message: /neither true nor false/ },
      'a fault, neither a permission nor a refusal',
    )
  }
  const guard = createGuard({ verifier, policy: hasScope('openid') })
  const one = inGroup('readers')
  t.match(
    [await guard(bearing(token()), one), await guard(bearing(token()), one)],
    [{ authorized: true }, { authorized: true }],
  )
})

t.test('synchronous when all is loaded, else a promise', async t => {
  const guard = createGuard({ verifier, onDecision: () => {} })
  const good = verifier.verifySync(token())
  t.notOk(guard(bearing(token())) instanceof Promise)
  t.notOk(guard(bare) instanceof Promise)
  t.notOk(guard(bearing(token()), inGroup('x')) instanceof Promise)
  t.ok(guard(bearing(token()), async () => true) instanceof Promise)
  const waiting = createGuard({ verifier: answering(async () => good) })
  const decision = waiting(bearing('x'), hasScope('openid'))
  t.ok(decision instanceof Promise)
  t.match(await decision, { authorized: true })
  t.match(await waiting(bearing('x'), async () => false), { status: 403 })
})

t.test('anonymous: only the absence of a token passes', async t => {
  const guard = createGuard({ verifier, policy: hasScope('openid') })
  const optional = allowAnonymous(guard)
  t.strictSame(await optional(bare), { authorized: true, auth: undefined })
  t.strictSame(
    await optional(bare, () => t.fail('asked')),
    { authorized: true, auth: undefined },
    'no policy is asked',
  )
  t.match(await optional(bearing(token())), { authorized: true, auth: { principal: { kind: 'user' } } })
  t.match(await optional(bearing(token()), inGroup('x')), { status: 403 })
  for (const [value, status] of [
    ['Bearer abc', 401],
    ['Bearer', 400],
    ['Bearer a, Bearer b', 400],
    ['Basic x, Bearer y', 400],
  ] as const) {
    t.match(await optional({ header: () => value }), { authorized: false, status }, value)
  }
  t.match(await guard(bare), { status: 401 }, 'the guard itself stays as it was')
})

t.test('what is no refusal passes on', async t => {
  const fault = new RangeError('a fault')
  const faulty = () => {
    throw fault
  }
  const seen: unknown[] = []
  const onDecision = (event: unknown) => seen.push(event)
  t.throws(() => createGuard({ verifier: refusing(fault), onDecision })(bearing('x')), fault)
  t.throws(() => createGuard({ verifier, token: faulty })(bare), fault)
  t.throws(() => createGuard({ verifier, onDecision })(bearing(token()), faulty), fault)
  await t.rejects(
    Promise.resolve(createGuard({ verifier: refusing(fault, true), onDecision })(bearing('x'))),
    fault,
  )
  await t.rejects(
    Promise.resolve(createGuard({ verifier, policy: async () => faulty() })(bearing(token()))),
    fault,
  )
  const impostor = Object.assign(new Error('x'), { code: 'ERR_TOKEN_EXPIRED' })
  t.throws(
    () => createGuard({ verifier: refusing(impostor) })(bearing('x')),
    impostor,
    'a code does not make a refusal',
  )
  t.throws(() => createGuard({ verifier: refusing(undefined) })(bearing('x')))
  t.strictSame(seen, [], 'a fault is no decision')
  const [value, code] = [
    Object.assign(new Error('x'), { name: 'AuthError', code: 'ERR_TOKEN_EXPIRED', status: 401 }),
    'ERR_TOKEN_EXPIRED',
  ]
  t.match(
    await createGuard({ verifier: refusing(value) })(bearing('x')),
    { error: { code } },
    'of another copy of this library',
  )
})

t.test('onDecision gets every decision, once, and changes none', async t => {
  const events: [DecisionEvent, RequestView][] = []
  const onDecision = (event: DecisionEvent, request: RequestView) => events.push([event, request])
  const cause = new Error('dns')
  const outage = new AuthError('ERR_KEYS_UNAVAILABLE', { cause })
  const nothing = { cached: undefined, issuer: undefined, duration: undefined }
  const none = { ...nothing, code: undefined, hint: undefined, cause: undefined, kind: undefined }
  const cases: [Guard<never, VerifiedToken<never> | undefined>, RequestView, DecisionEvent][] = [
    [
      createGuard({ verifier, onDecision }) as never,
      bearing(token()),
      { ...none, authorized: true, status: 200, kind: 'user', cached: true, issuer: 'userPool' },
    ],
    [
      allowAnonymous(createGuard({ verifier, onDecision })) as never,
      bare,
      { ...none, authorized: true, status: 200, kind: 'anonymous' },
    ],
    [
      createGuard({ verifier, onDecision }) as never,
      bare,
      {
        ...none,
        authorized: false,
        status: 401,
        code: 'ERR_TOKEN_MISSING',
        hint: new AuthError('ERR_TOKEN_MISSING').hint,
      },
    ],
    [
      createGuard({ verifier: refusing(outage, true), onDecision }) as never,
      bearing('x'),
      {
        ...none,
        authorized: false,
        status: 503,
        code: 'ERR_KEYS_UNAVAILABLE',
        cause,
        hint: outage.hint,
        duration: 1,
      },
    ],
  ]
  for (const [guard, request, event] of cases) {
    events.length = 0
    await guard(request)
    const seen = events.map(([{ duration, startedAt: _startedAt, ...rest }, of]) => [
      { ...rest, duration: duration === undefined ? duration : Number(duration >= 0 && duration < 60) },
      of,
    ])
    t.strictSame(seen, [[event, request]], event.code ?? 'let through')
  }
  const failing = [
    () => {
      throw new Error('x')
    },
    async () => {
      throw new Error('x')
    },
  ]
  for (const observer of failing) {
    t.match(await createGuard({ verifier, onDecision: observer })(bearing(token())), { authorized: true })
    t.match(await createGuard({ verifier, onDecision: observer })(bare), { status: 401 })
  }
})

t.test('errors', async t => {
  const error = new AuthError('ERR_TOKEN_EXPIRED')
  t.ok(isAuthError(error))
  t.ok(error instanceof Error)
  t.strictSame(JSON.parse(JSON.stringify(error)), {
    name: 'AuthError',
    code: 'ERR_TOKEN_EXPIRED',
    status: 401,
    message: 'The token has expired',
    hint: 'Refresh the session and send the new token.',
  })
  t.match(new AuthError('ERR_TOKEN_USE', { hint: 'x', cause: 1, retryAfter: 2 }), {
    hint: 'x',
    cause: 1,
    retryAfter: 2,
  })
  t.notOk('cause' in error)
  for (const other of [
    undefined,
    null,
    1,
    'ERR_TOKEN_EXPIRED',
    {},
    new Error('x'),
    { name: 'AuthError', code: 'x' },
    { name: 'AuthError', code: 1 },
    { name: 'AuthError', code: 'toString' },
  ]) {
    t.notOk(isAuthError(other))
  }
})

t.test('wrong options are named', async t => {
  const cases: [unknown, string][] = [
    [undefined, 'createGuard: options must be an object'],
    [
      verifier,
      'createGuard: clock is not an option; known are verifier, policy, token, realm, resourceMetadata, onDecision, explain',
    ],
    [{}, 'createGuard: verifier is undefined'],
    ...[null, {}, verifier.check].map((value): [unknown, string] => [
      { verifier: value },
      'createGuard: verifier must be a verifier, such as createVerifier({ ... })',
    ]),
    [{ verifier, policy: true }, 'createGuard: policy must be a function'],
    [{ verifier, policy: undefined }, 'createGuard: policy is undefined'],
    [{ verifier, token: 'cookie' }, 'createGuard: token must be a function'],
    ...['', 'a"b', 'a\\b', 'a\nb', 'a\r\nX: y', 'é', 1].map((realm): [unknown, string] => [
      { verifier, realm },
      'createGuard: realm must be printable ASCII without quotes and backslashes',
    ]),
    ...[
      '/.well-known/oauth-protected-resource',
      'http://api.example.com/.well-known/oauth-protected-resource',
      'https://user@api.example.com/x',
      'https://api.example.com/x#y',
      'https://api.example.com/x"y',
      'https://api.example.com/x y',
      'https://api.example.com/x\r\nX: y',
      new URL('https://api.example.com/x'),
      '',
    ].map((resourceMetadata): [unknown, string] => [
      { verifier, resourceMetadata },
      'createGuard: resourceMetadata must be an https URL without credentials and fragment (http only for a loopback host)',
    ]),
    [{ verifier, onDecision: 1 }, 'createGuard: onDecision must be a function'],
    [{ verifier, explain: 'yes' }, 'createGuard: explain must be true or false'],
  ]
  for (const [options, message] of cases)
    t.throws(() => createGuard(options as GuardOptions), new TypeError(message), message)
})

t.test('types: the claims of the verifier reach the policy and the handler', async t => {
  const guard = createGuard({ verifier: verifierOf(), policy: ({ claims }) => claims.iss !== '' })
  const decision = await guard(bearing(token()), ({ principal }) => principal.kind === 'user')
  if (decision.authorized) t.equal(decision.auth.principal.kind, 'user')
  const anonymous = await allowAnonymous(guard)(bare)
  // @ts-expect-error: there may be no token
  if (anonymous.authorized) t.throws(() => anonymous.auth.principal)
})
