import { readFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createGuard, createVerifier, userPool } from 'cognito-guard'
import { reportTo } from 'cognito-guard/testing'
import { OAuth2Server } from 'oauth2-mock-server'
import t from 'tap'
import { main } from '../../../src/cli/main.js'
import { parseConfig } from '../../../src/devtools/local/config.js'
import type { LocalUser } from '../../../src/devtools/local/user-pool/users.js'
import { claimsOf, startTestCognito } from './world.js'

const callback = 'http://localhost:5173/callback'
const authorize = (more: Record<string, string> = {}) =>
  `/oauth2/authorize?${new URLSearchParams({ response_type: 'code', client_id: 'localweb', redirect_uri: callback, scope: 'openid', ...more }).toString()}`

t.test('the sign-in page', async t => {
  const { get, post, url, local } = await startTestCognito(t, {
    clients: [
      { clientId: 'localweb' },
      { clientId: 'exact', callbackUrls: ['https://app.example/cb', 'myapp:cb'], scopes: ['openid'] },
    ],
  })
  const redeem = async (location: string, more: Record<string, string> = {}) => {
    const code = new URL(location).searchParams.get('code') ?? ''
    const response = await post('/oauth2/token', {
      grant_type: 'authorization_code',
      client_id: 'localweb',
      code,
      redirect_uri: callback,
      ...more,
    })
    return (await response.json()) as Partial<
      Record<'id_token' | 'access_token' | 'refresh_token' | 'error', string>
    >
  }

  t.test('what an app may not ask for', async t => {
    for (const [name, query] of Object.entries({
      'an unknown client': authorize({ client_id: 'nobody' }),
      'a callback elsewhere': authorize({ redirect_uri: 'https://elsewhere.example/' }),
      'a callback that is no URL': authorize({ redirect_uri: 'x' }),
      'a callback that is not exactly the one': authorize({
        client_id: 'exact',
        redirect_uri: 'https://app.example/cb/',
      }),
      'no callback where none is known': '/oauth2/authorize?response_type=code&client_id=localweb',
    })) {
      const response = await get(query)
      t.equal(response.status, 400, name)
      t.match(await response.text(), 'role="alert"', name)
    }
    for (const [error, query] of [
      ['unsupported_response_type', { response_type: 'token' }],
      ['invalid_scope', { scope: 'openid nothing/read' }],
      ['invalid_request', { code_challenge: 'x', code_challenge_method: 'plain' }],
      ['invalid_request', { resource: 'no url' }],
      ['invalid_request', { identity_provider: 'Nobody' }],
      ['login_required', { prompt: 'none' }],
    ] as const) {
      const location = new URL((await get(authorize({ state: 's', ...query }))).headers.get('location') ?? '')
      t.match(Object.fromEntries(location.searchParams), { error, state: 's' }, error)
      t.equal(location.origin, 'http://localhost:5173')
    }
  })

  t.test('a password, and the browser stays signed in for an hour', async t => {
    const login = `/login${new URL(authorize({ state: 's', login_hint: '<bob>' }), url).search}`
    const page = await get(login)
    t.match(
      page.headers.get('content-security-policy'),
      /default-src 'none'.*form-action 'self' http:\/\/localhost:5173/,
    )
    const text = await page.text()
    t.match(text, 'value="&#60;bob&#62;"', 'what comes from outside is escaped')
    t.notMatch(text, /(src|href)="http/, 'loads nothing')
    const wrong = await post(login, { username: 'bob', password: 'wrong' })
    t.equal(wrong.status, 400)
    t.match(await wrong.text(), 'Incorrect username or password.')
    t.equal((await post(login, {})).status, 400)
    const right = await post(login, { username: 'bob@example.com', password: 'Builder-1' })
    const location = right.headers.get('location') ?? ''
    t.equal(new URL(location).searchParams.get('state'), 's')
    const { id_token, access_token } = await redeem(location)
    t.match(claimsOf(id_token), { 'cognito:username': 'bob', email: 'bob@example.com', name: 'Bob' })
    t.equal(claimsOf(access_token).scope, 'openid')

    const cookie = right.headers.get('set-cookie') ?? ''
    t.match(cookie, /HttpOnly; SameSite=Lax/)
    const again = { cookie: `a=b; ${cookie.split(';')[0]}` }
    t.match((await get(authorize(), again)).headers.get('location'), `${callback}?code=`)
    const others = await post(login, { as: 'alice' })
    t.match((await get(authorize({ prompt: 'login' }), again)).headers.get('location'), '/login?')
    local.sessions.signOutEverywhere(local.users.find('alice') as never)
    const alice = { cookie: (others.headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
    t.match((await get(authorize(), alice)).headers.get('location'), '/login?', 'signed out everywhere')
    t.match((await get(authorize(), again)).headers.get('location'), callback, 'another user is not')
    const out = await get('/logout?client_id=localweb&logout_uri=http://localhost:5173/bye', again)
    t.equal(out.headers.get('location'), 'http://localhost:5173/bye')
    t.match((await get(authorize(), again)).headers.get('location'), '/login?', 'forgotten')
    t.match((await get('/logout?client_id=localweb&response_type=code')).headers.get('location'), '/login?')
    t.equal((await get('/logout?client_id=nobody')).status, 400)
    t.equal((await get('/logout?client_id=localweb&logout_uri=https://elsewhere.example')).status, 400)
  })

  t.test('tests sign in without a page', async t => {
    const location = (await get(authorize({ login_hint: 'alice', auto: '1' }))).headers.get('location') ?? ''
    t.ok((await redeem(location)).access_token)
    t.match((await get(authorize({ login_hint: 'nobody', auto: '1' }))).headers.get('location'), '/login?')
    t.match((await get(authorize({ auto: '1' }))).headers.get('location'), '/login?')
  })

  t.test('whoever is disabled or gone gets neither a code nor tokens', async t => {
    const code = async (name: string) =>
      (await get(authorize({ login_hint: name, auto: '1' }))).headers.get('location') ?? ''
    const user = local.users.add({
      username: 'late',
      password: 'Wonderland-1',
      attributes: {},
      status: 'CONFIRMED',
    }) as LocalUser
    const before = await code('late')
    user.enabled = false
    t.equal((await redeem(before)).error, 'invalid_grant')
    t.match(await code('late'), 'error_description=User+is+disabled.')
    user.enabled = true
    const after = await code('late')
    local.users.remove(user)
    t.equal((await redeem(after)).error, 'invalid_grant')
  })

  t.test('a code is for one client, one callback, one verifier', async t => {
    const code = async (more = {}) =>
      (await get(authorize({ login_hint: 'alice', auto: '1', ...more }))).headers.get('location') ?? ''
    const challenge = {
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }
    t.equal((await redeem(await code(), { redirect_uri: `${callback}2` })).error, 'invalid_grant')
    t.equal((await redeem(await code(challenge))).error, 'invalid_grant')
    t.equal((await redeem(await code(), { code_verifier: 'x' })).error, 'invalid_grant')
    const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
    t.ok((await redeem(await code(challenge), { code_verifier })).access_token, 'RFC 7636 appendix B')
    t.equal((await redeem(`${callback}?code=x`)).error, 'invalid_grant')
    const late = await code()
    local.clock.advance(301)
    t.equal((await redeem(late)).error, 'invalid_grant')
    local.clock.advance(-301)
    t.match(
      await redeem(await code({ scope: 'orders/read' })),
      { id_token: undefined },
      'no openid, no ID token',
    )
    t.match(claimsOf((await redeem(await code({ scope: 'openid profile' }))).id_token), {
      email: undefined,
      name: 'Alice',
    })
    Object.assign(local.users.find('alice')?.attributes ?? {}, { phone_number: '+10000000' })
    t.match(claimsOf((await redeem(await code({ scope: 'openid phone' }))).id_token), {
      phone_number: '+10000000',
      email: undefined,
      name: undefined,
    })
  })

  t.test('what is not said is as in Cognito', async t => {
    const query = {
      response_type: 'code',
      client_id: 'localweb',
      redirect_uri: callback,
      login_hint: 'bob',
      auto: '1',
    }
    const { headers } = await get(`/oauth2/authorize?${new URLSearchParams(query).toString()}`)
    const { access_token, refresh_token = '' } = await redeem(headers.get('location') ?? '')
    t.equal(
      claimsOf(access_token).scope,
      'openid email phone profile aws.cognito.signin.user.admin orders/read orders/write',
    )
    const fields = { grant_type: 'refresh_token', client_id: 'localweb', refresh_token }
    const next = (await (await post('/oauth2/token', fields)).json()) as object
    t.match(next, { access_token: String, id_token: String, refresh_token: undefined }, 'no rotation')
  })

  t.test('the client of a list of callbacks', async t => {
    const answer = await get('/oauth2/authorize?response_type=code&client_id=exact&login_hint=bob&auto=1')
    t.match(answer.headers.get('location'), 'https://app.example/cb?code=')
    const page = await get('/login?response_type=code&client_id=exact&redirect_uri=myapp:cb')
    t.match(page.headers.get('content-security-policy'), "form-action 'self' myapp:")
  })

  t.test('signs up, and shows the code that Cognito would mail', async t => {
    const query = new URL(authorize(), url).search
    t.match(await (await get(`/signup${query}`)).text(), 'data-testid="email"')
    const short = await post(`/signup${query}`, { username: 'fay', email: 'f@x.example', password: 'short' })
    t.equal(short.status, 400)
    t.match(await short.text(), 'Password not long enough')
    const page = await (
      await post(`/signup${query}`, { username: 'fay', email: 'f@x.example', password: 'Long-enough-1' })
    ).text()
    const code = /data-testid="mailed-code">(\d{6})</.exec(page)?.[1] ?? ''
    t.match(
      await (await get('/')).text(),
      `mailed code: <code>${code}</code>`,
      'also on the page of controls',
    )
    const wrong = await post(`/confirm${query}`, { username: 'fay', code: 'x' })
    t.equal(wrong.status, 400)
    t.match(await wrong.text(), 'Invalid verification code')
    const { headers } = await post(`/confirm${query}`, { username: 'fay', code })
    t.match(claimsOf((await redeem(headers.get('location') ?? '')).id_token), {
      email: 'f@x.example',
      email_verified: true,
    })
    t.equal((await post(`/confirm${query}`, { username: 'nobody', code })).status, 400)
    for (const path of ['/login', '/signup', '/confirm', '/provider'])
      t.equal((await post(`${path}?client_id=nobody`, {})).status, 400, path)
  })

  t.test('what is no sign-in', async t => {
    for (const [error, path, fields] of [
      ['unsupported_grant_type', '/oauth2/token', { client_id: 'localweb', grant_type: 'password' }],
      ['invalid_client', '/oauth2/token', { client_id: 'nobody' }],
      ['invalid_client', '/oauth2/revoke', {}],
      ['invalid_request', '/oauth2/revoke', { client_id: 'localweb' }],
      ['invalid_request', '/oauth2/token', { client_id: 'localweb', grant_type: 'refresh_token' }],
    ] as const) {
      const response = await post(path, fields)
      t.match({ status: response.status, body: await response.json() }, { status: 400, body: { error } })
    }
    for (const [status, authorization] of [
      [400, 'Basic x'],
      [401, 'Bearer x'],
    ] as const) {
      const response = await get('/oauth2/userInfo', { authorization })
      t.equal(response.status, status)
      t.match(response.headers.get('www-authenticate'), 'Bearer error=')
    }
  })
})

t.test('federation', async t => {
  const provider = new OAuth2Server()
  await provider.issuer.keys.generate('RS256')
  await provider.start(0, '127.0.0.1')
  t.teardown(() => provider.stop())
  const issuer = provider.issuer.url ?? ''
  const { get, post, url, local, control } = await startTestCognito(t, {
    identityProviders: [
      { name: 'Beside', type: 'OIDC', issuer, clientId: 'at-beside', clientSecret: 'secret' },
      {
        name: 'Google',
        type: 'Google',
        users: [{ userId: '1180', attributes: { email: 'g@gmail.example' } }, { userId: '2' }],
      },
      { name: 'Corp', type: 'SAML' },
    ],
  })
  const tokens = async (response: Response) => {
    const code = new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const answer = await post('/oauth2/token', {
      grant_type: 'authorization_code',
      client_id: 'localweb',
      code,
      redirect_uri: callback,
    })
    return (await answer.json()) as { id_token: string; access_token: string }
  }

  t.test('played: in the claims of Cognito', async t => {
    const page = (await get(authorize({ identity_provider: 'Google' }))).headers.get('location') ?? ''
    t.match(await (await get(page)).text(), 'data-testid="provider-user-1"')
    const { id_token, access_token } = await tokens(await post(page, { user: '0' }))
    const claims = claimsOf(id_token)
    t.match(claims, {
      'cognito:username': 'Google_1180',
      'cognito:groups': [`${local.config.userPoolId}_Google`],
      email: 'g@gmail.example',
      email_verified: false,
      nonce: undefined,
    })
    t.match(claims.identities, [
      {
        userId: '1180',
        providerName: 'Google',
        providerType: 'Google',
        issuer: null,
        primary: 'true',
        dateCreated: /^\d{13}$/,
      },
    ])
    t.match(claimsOf(access_token), { username: 'Google_1180', version: 2 })
    t.same(Object.keys(claims).toSorted(), [
      'at_hash',
      'aud',
      'auth_time',
      'cognito:groups',
      'cognito:username',
      'email',
      'email_verified',
      'event_id',
      'exp',
      'iat',
      'identities',
      'iss',
      'jti',
      'origin_jti',
      'sub',
      'token_use',
    ])
    t.equal(
      claimsOf((await tokens(await post(page, { user: '0' }))).id_token).sub,
      claims.sub,
      'the same user again',
    )
    const info = await get('/oauth2/userInfo', { authorization: `Bearer ${access_token}` })
    t.match(JSON.parse(((await info.json()) as { identities: string }).identities), [
      { primary: true, dateCreated: Number },
    ])
    const google = local.users.find('Google_1180') as LocalUser
    t.equal(google.password, undefined)
    google.enabled = false
    t.match((await post(page, { user: '0' })).headers.get('location'), 'error_description=User+is+disabled.')
    google.enabled = true
    await control('groups', { username: 'Google_1180', groups: ['us-east-1_LOCALDEV0_Google'] })
    t.notMatch(await (await get(`/login${new URL(page).search}`)).text(), 'sign-in-as-Google_1180')
    const saml = (await get(authorize({ idp_identifier: 'Corp' }))).headers.get('location') ?? ''
    t.match(await (await get(saml)).text(), '1234567890')
    t.equal(
      (await get(`/provider${new URL(authorize({ identity_provider: 'Nobody' }), url).search}`)).status,
      400,
    )
  })

  t.test('with a provider of OpenID Connect', async t => {
    const signIn = async () => {
      const toProvider = await get(authorize({ identity_provider: 'Beside', state: 's' }))
      const back = await fetch(toProvider.headers.get('location') ?? '', { redirect: 'manual' })
      return back.headers.get('location') ?? ''
    }
    const answered = await signIn()
    const named = (token: { payload: object }) =>
      Object.assign(token.payload, { email: 'j@d.example', name: 1 })
    provider.service.on('beforeTokenSigning', named)
    const returned = await get(answered)
    provider.service.off('beforeTokenSigning', named)
    const { id_token } = await tokens(returned)
    t.match(claimsOf(id_token), {
      email: 'j@d.example',
      name: undefined,
      'cognito:username': 'Beside_johndoe',
      'cognito:groups': [`${local.config.userPoolId}_Beside`],
      identities: [{ userId: 'johndoe', providerName: 'Beside', providerType: 'OIDC', issuer }],
    })
    const replayed = await signIn()
    await get(replayed)
    t.equal((await get(replayed)).status, 400, 'an answer is for one use')
    t.equal((await get('/oauth2/idpresponse')).status, 400)

    const errorAt = (location: string | null) => new URL(location ?? '').searchParams.get('error')
    const refused = new URL(await signIn())
    refused.searchParams.delete('code')
    t.equal(errorAt((await get(refused.href)).headers.get('location')), 'invalid_request')
    refused.searchParams.set('error', 'access_denied')
    refused.searchParams.set('state', new URL(await signIn()).searchParams.get('state') ?? '')
    t.equal(errorAt((await get(refused.href)).headers.get('location')), 'access_denied')

    const anothers = await signIn()
    provider.service.on('beforeTokenSigning', token => Object.assign(token.payload, { nonce: 'another' }))
    t.equal(
      errorAt((await get(anothers)).headers.get('location')),
      'invalid_request',
      'a nonce of another sign-in',
    )
  })
})

t.test('the controls', async t => {
  const { get, post, url, pool, control, local } = await startTestCognito(t)
  const verifier = createVerifier({ issuers: [userPool(pool)], clock: local.clock })
  t.teardown(() => verifier.close())
  const tokenOf = async (username: string) => String((await control('tokens', { username })).accessToken)
  const keySetStatus = () =>
    fetch(pool.jwksUri).then(
      ({ status }) => status,
      () => 'broken off',
    )

  t.test('clock and keys', async t => {
    const token = await tokenOf('alice')
    t.match((await verifier.verify(token)).principal, {
      scopes: ['openid', 'email', 'profile', 'orders/read', 'orders/write'],
    })
    t.match(await control('clock', { offset: 7200 }), { clockOffset: 7200 })
    await t.rejects(verifier.verify(token), { code: 'ERR_TOKEN_EXPIRED' })
    await control('clock', { offset: 0 })
    const { keys } = (await control('rotate-keys')) as { keys: { kid: string; signs: string }[] }
    t.same(
      keys.map(({ signs }) => signs),
      ['', '', 'id tokens', 'access tokens'],
    )
    t.equal((await verifier.verify(await tokenOf('bob'))).principal.username, 'bob', 'signed with a new key')
    await control('withdraw-key', { kid: keys[1]?.kid })
    await t.rejects(control('withdraw-key', { kid: keys[1]?.kid }), /not published/)
    const fresh = createVerifier({ issuers: [userPool(pool)] })
    t.teardown(() => fresh.close())
    await t.rejects(fresh.verify(token), { code: 'ERR_TOKEN_KEY' })
    const own = await fetch(`${url}/oauth2/userInfo`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
    t.equal(own.status, 401)
  })

  t.test('an outage of the key set', async t => {
    for (const [mode, status] of [
      ['error', 500],
      ['refuse', 'broken off'],
      ['slow', 200],
      ['ok', 200],
    ] as const) {
      await control('key-set', { mode, seconds: 0 })
      t.equal(await keySetStatus(), status, mode)
    }
    await control('key-set', { mode: 'hang' })
    await t.rejects(fetch(pool.jwksUri, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' })
    await control('key-set', { mode: 'ok' })
  })

  t.test('users and sessions', async t => {
    const token = await tokenOf('alice')
    const ask = async () => (await get('/oauth2/userInfo', { authorization: `Bearer ${token}` })).status
    t.equal(await ask(), 200)
    await control('revoke-session', { session: claimsOf(token).origin_jti })
    t.equal(await ask(), 401)
    await t.rejects(control('revoke-session', { session: 'x' }), /unknown/)
    const bobs = await tokenOf('bob')
    await control('sign-out', { username: 'bob' })
    t.equal((await get('/oauth2/userInfo', { authorization: `Bearer ${bobs}` })).status, 401)
    await control('groups', { username: 'bob', groups: [] })
    t.notOk('cognito:groups' in claimsOf(await tokenOf('bob')))
    await t.rejects(control('groups', { username: 'bob', groups: ['x'] }), /which is no group/)
    await t.rejects(control('sign-out', { username: 'nobody' }), /nobody here/)
    const { accessToken } = await control('machine-token', {
      clientId: 'localmachine',
      scopes: ['orders/read'],
    })
    t.match(claimsOf(String(accessToken)), { sub: 'localmachine', scope: 'orders/read' })
    const chosen = await control('tokens', { username: 'bob', clientId: 'localweb', scopes: ['openid'] })
    t.equal(claimsOf(String(chosen.accessToken)).scope, 'openid')
  })

  t.test('a name is one word of a command to copy', async t => {
    const name = "a';touch x"
    const user = local.users.add({ username: name, attributes: {}, status: 'CONFIRMED' }) as LocalUser
    const page = (await (await get('/')).text()).replace(/&#(\d+);/g, (_, code) => String.fromCharCode(+code))
    local.users.remove(user)
    t.match(page, String.raw`curl -d '{"username":"a'\'';touch x"}' http`)
  })

  t.test('by the forms of the page', async t => {
    const send = (name: string, fields: Record<string, string>) =>
      post(`/_local/${name}`, fields, { accept: 'text/html,*/*' })
    t.equal((await send('groups', { username: 'bob', groups: 'readers' })).headers.get('location'), '/')
    t.same(local.users.find('bob')?.groups, ['readers'])
    t.equal((await send('clock', { offset: '-60' })).status, 303)
    const wrong = await send('clock', { offset: 'x' })
    t.equal(
      wrong.headers.get('location'),
      `/?problem=${encodeURIComponent('clock: offset must be a whole number from -315360000 to 315360000')}`,
    )
    const page = await (await get(wrong.headers.get('location') ?? '')).text()
    t.match(page, 'offset must be a whole number')
    t.match(page, 'value="-60"')
    await control('clock', { offset: 0 })
    const body = '{"username":"alice"}'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const asked = await fetch(`${url}/_local/tokens`, { method: 'POST', body, headers })
    t.match(await asked.json(), { accessToken: String }, 'as curl sends it')
    await t.rejects(control('nothing'), /nothing is no control; known are clock,/)
    await t.rejects(control('clock', { offset: 0, x: 1 }), /x is not an option/)
    t.equal((await fetch(`${url}/_local/clock`, { method: 'POST' })).status, 400, 'no body')
  })

  t.test('why a token is refused', async t => {
    t.match(await (await get('/inspect')).text(), 'data-testid="inspect-text"')
    const text = await tokenOf('alice')
    t.match(
      await (await post('/inspect', { text: `"${text}"` })).text(),
      /data-testid="fix">[^]*<br>The token is in quotes: /,
    )
    const verdictOf = async (token: string) =>
      /data-testid="verdict">([^<]*)</.exec(await (await post('/inspect', { text: token })).text())?.[1]
    t.equal(await verdictOf(text), 'accepted')
    t.equal(await verdictOf('x'), 'refused ERR_TOKEN_MALFORMED')
  })

  t.test('decisions of an app, live', async t => {
    const guard = createGuard({ verifier, onDecision: reportTo(url) })
    const stream = (await get('/_local/decisions')).body?.pipeThrough(new TextDecoderStream()).getReader()
    t.match((await stream?.read())?.value, ': open')
    await guard({ header: () => undefined, method: 'GET', url: '/orders?token=secret' })
    const { value = '' } = (await stream?.read()) ?? {}
    t.match(JSON.parse(value.replace('data: ', '')), {
      method: 'GET',
      path: '/orders',
      status: 401,
      reason: 'ERR_TOKEN_MISSING',
    })
    await guard({ header: () => `Bearer ${local.clock.now()}` })
    t.match((await stream?.read())?.value, 'ERR_TOKEN_MALFORMED')
    await stream?.cancel()
    const token = await tokenOf('alice')
    await guard({ header: () => `Bearer ${token}`, method: 'GET', url: '/me' })
    await until(() => local.decisions.recent().length === 3)
    t.match(await (await get('/')).text(), /GET \/me<\/code><b class="good">200/)
    reportTo('http://127.0.0.1:9')(
      { authorized: true, status: 200, code: undefined, hint: undefined, cause: undefined, kind: 'user' },
      { header: () => undefined },
    )
  })
})

t.test('whom it answers', async t => {
  const { url, pool, post } = await startTestCognito(t, {
    clients: [{ clientId: 'localweb', callbackUrls: ['https://app.example/cb', 'myapp://callback'] }],
  })
  const { port } = new URL(url)
  const status = (host: string, headers: Record<string, string> = {}, path = '/'): Promise<unknown> =>
    new Promise(resolve => {
      httpRequest({ host: '127.0.0.1', port, path, headers: { ...headers, host } }, response => {
        resolve(response.resume().statusCode)
      }).end()
    })
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `my.localhost:${port}`])
    t.equal(await status(host), 200, host)
  for (const host of [`evil.example:${port}`, '127.0.0.1.evil.example', 'a;b.localhost', 'x y'])
    t.equal(await status(host), 421, host)
  const own = `127.0.0.1:${port}`
  const jwks = new URL(pool.jwksUri).pathname
  t.equal(await status(own, { origin: 'http://localhost:5173' }, jwks), 200, 'an app on this machine')
  t.equal(await status(own, { origin: 'https://app.example' }, jwks), 200, 'an app with a callback URL')
  t.equal(await status(own, { origin: 'https://evil.example' }, jwks), 403)
  t.equal(
    await status(own, { origin: 'null' }, jwks),
    403,
    'a page in a sandbox, beside an app with a scheme of its own',
  )
  t.equal(await status('evil.example', {}, `http://${own}${jwks}`), 200, 'a whole URL, whose host counts')
  for (const [target, expected] of [
    [`http://evil.example${jwks}`, 421],
    [`https://${own}${jwks}`, 400],
    ['*', 400],
    ['x', 400],
    ['//', 404],
  ] as const)
    t.equal(await status(own, {}, target), expected, target)
  t.equal(
    await status(own, { origin: 'http://localhost:5173' }, '/_local/state'),
    403,
    'the controls are for their page',
  )
  t.equal(await status(own, { origin: `http://localhost:${port}` }, '/_local/state'), 200)
  t.equal(await status(own, {}, '/nothing'), 404)
  const preflight = await fetch(`${url}/oauth2/token`, {
    method: 'OPTIONS',
    headers: { origin: 'http://localhost:5173', 'access-control-request-headers': 'x-amz-target' },
  })
  t.match(Object.fromEntries(preflight.headers), {
    'access-control-allow-origin': 'http://localhost:5173',
    'access-control-allow-headers': 'x-amz-target',
  })
  t.equal((await fetch(url, { method: 'OPTIONS' })).status, 204)
  t.equal((await post('/login', { username: 'x'.repeat(70_000) })).status, 413)
})

t.test('a call has a name of its own', async t => {
  const { url } = await startTestCognito(t)
  for (const service of ['AWSCognitoIdentityProviderService', 'AWSCognitoIdentityService'])
    for (const name of ['constructor', 'valueOf', 'toString', '__proto__', 'hasOwnProperty', ''])
      t.match(
        await (
          await fetch(url, { method: 'POST', headers: { 'x-amz-target': `${service}.${name}` }, body: '{}' })
        ).json(),
        { __type: 'UnknownOperationException' },
        `${service}.${name}`,
      )
})

t.test('callback URLs: pages of http(s), and an app’s own scheme', async t => {
  const accepts = (url: string) => () =>
    parseConfig({ clients: [{ clientId: 'web', callbackUrls: [url] }] }, 'file')
  for (const url of [
    'https://app.example/cb',
    'http://localhost:3000',
    'http://[::1]:3000/',
    'myapp://callback',
    'com.example.app:/cb',
  ])
    t.doesNotThrow(accepts(url), url)
  for (const url of [
    'no url',
    'javascript://localhost/%0aalert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'file:///etc',
    'blob:https://x/y',
    'https://a;sandbox;b.localhost/',
  ])
    t.throws(accepts(url), /callbackUrls must hold URLs of http, https or/, url)
  t.throws(() => parseConfig({ clients: [{ clientId: 'web', callbackUrls: 'x' }] }, 'file'), /callbackUrls/)
  const { get } = await startTestCognito(t, { clients: [{ clientId: 'web' }] })
  const query = (uri: string) =>
    `/oauth2/authorize?client_id=web&response_type=code&redirect_uri=${encodeURIComponent(uri)}`
  for (const uri of [
    'javascript://localhost/%0aalert(1)',
    'data://localhost/x',
    'http://a;sandbox;b.localhost/',
    'https://evil.example/',
  ])
    t.match(await (await get(query(uri))).text(), 'redirect_mismatch', uri)
  for (const uri of ['http://localhost:1/', 'http://127.0.0.2:1/', 'https://my.localhost/'])
    t.notMatch(await (await get(query(uri))).text(), 'redirect_mismatch', uri)
})

t.test('a fault of its own is not the fault of the caller', async t => {
  const { url, local, get } = await startTestCognito(t)
  Object.assign(local, { verifier: { verify: () => Promise.reject(new Error('a bug')) } })
  const headers = { 'x-amz-target': 'AWSCognitoIdentityProviderService.GetUser' }
  const logged = t.capture(console, 'error')
  t.equal((await fetch(url, { method: 'POST', headers, body: '{"AccessToken":"x"}' })).status, 500)
  const text = await (await get('/oauth2/userInfo', { authorization: 'Bearer x' })).text()
  t.equal(text, 'Internal Server Error: see the console of this server.', 'the stack stays here')
  t.match(logged(), [{ args: [{ message: 'a bug' }] }, { args: [{ message: 'a bug' }] }])
})

t.test('an issuer that is its own URL', async t => {
  const { get, url } = await startTestCognito(t, { issuer: 'local' })
  t.match(
    await (await get('/')).text(),
    `&#34;issuer&#34;: &#34;${url}/us-east-1_LOCALDEV0&#34;`,
    'the page says so',
  )
})

t.test('the configuration', async t => {
  const cases: [string, unknown, RegExp][] = [
    ['no object', [], /^dev.json: options must be an object$/],
    ['a misspelt member', { user: [] }, /^dev.json: user is not an option; known are userPoolId, issuer/],
    ['a pool ID that is none', { userPoolId: 'local' }, /^dev.json: userPoolId must be a region/],
    ['a list that is none', { users: {} }, /^dev.json: users must be a list$/],
    [
      'a user without a password',
      { users: [{ username: 'x' }] },
      /^dev.json: users\[0\]: password is undefined$/,
    ],
    [
      'a group that is none',
      { users: [{ username: 'x', password: 'y', groups: ['z'] }] },
      /users\[0\]: groups names z, which is no group$/,
    ],
    [
      'attributes of numbers',
      { users: [{ username: 'x', password: 'y', attributes: { 'custom:n': 1 } }] },
      /attributes must hold strings only/,
    ],
    [
      'a user of a provider without an ID',
      { identityProviders: [{ name: 'A', type: 'SAML', users: [{}] }] },
      /identityProviders\[0\]: users\[0\]: userId is undefined$/,
    ],
    [
      'an attribute that there is not',
      { users: [{ username: 'x', password: 'y', attributes: { sub: '1' } }] },
      /attributes has sub, which is neither/,
    ],
    [
      'attributes in a list',
      { users: [{ username: 'x', password: 'y', attributes: [] }] },
      /attributes must be an object/,
    ],
    [
      'a scope that is none',
      { clients: [{ clientId: 'x', scopes: ['a/b'] }] },
      /clients\[0\]: scopes names a\/b, which is no scope$/,
    ],
    ['a client ID with a dash', { clients: [{ clientId: 'a-b' }] }, /clients\[0\]: clientId must be letters/],
    [
      'claims of a user',
      { users: [{ username: 'x', password: 'y', claims: { refresh: {} } }] },
      /users\[0\]: claims has a wrong member: refresh is not an option; known are access, id$/,
    ],
    [
      'a sign-in flow',
      { clients: [{ clientId: 'x', explicitAuthFlows: ['ALLOW_ALL'] }] },
      /clients\[0\]: explicitAuthFlows must be one of ALLOW_ADMIN_USER_PASSWORD_AUTH/,
    ],
    ['flows that are no list', { clients: [{ clientId: 'x', explicitAuthFlows: 1 }] }, /must be a list/],
    [
      'an attribute',
      { attributes: [{ name: 'tenant' }] },
      /attributes\[0\]: name must be a standard attribute/,
    ],
    ['an attribute of a number', { attributes: [{ name: 1 }] }, /attributes\[0\]: name must be a standard/],
    [
      'two users of one name',
      {
        users: [
          { username: 'x', password: 'y' },
          { username: 'X', password: 'y' },
        ],
      },
      /^dev.json: users\[1\]: x stands there already$/,
    ],
    ['a client twice', { clients: [{ clientId: 'x' }, { clientId: 'x' }] }, /clients\[1\]: x stands there/],
    ['a group twice', { groups: [{ name: 'x' }, { name: 'x' }] }, /groups\[1\]: x stands there already$/],
    [
      'both kinds of names',
      { usernameAttributes: ['email'], aliasAttributes: ['email'] },
      /usernameAttributes and aliasAttributes exclude each other$/,
    ],
    [
      'a scope of registration',
      { registration: { mode: 'open', allowedScopes: ['a/b'] } },
      /registration: allowedScopes names a\/b, which is no scope$/,
    ],
    ['a lifetime', { lifetimes: { access: 0 } }, /^dev.json: lifetimes: access must be a whole number/],
    [
      'an identity pool',
      { identityPool: { accountId: '1' } },
      /^dev.json: identityPool: accountId must be twelve digits$/,
    ],
    [
      'a provider',
      { identityProviders: [{ name: 'A', type: 'OIDC', issuer: 'x' }] },
      /identityProviders\[0\]: issuer must be a URL$/,
    ],
  ]
  for (const [name, document, message] of cases)
    t.throws(() => parseConfig(document, 'dev.json'), { name: 'TypeError', message }, name)
  t.equal(parseConfig({ lifetimes: { access: 300 } }, 'dev.json').lifetimes.id, 3600)
  const twins = ['x', 'X'].map(username => ({ username, password: 'y' }))
  t.equal(parseConfig({ users: twins, caseSensitive: true }, 'dev.json').users.length, 2)
  const manual = readFileSync(new URL('../../../../docs/local.md', import.meta.url), 'utf8')
  const example: unknown = JSON.parse(/```json\n(.*?)```/s.exec(manual)?.[1] ?? '')
  t.equal(parseConfig(example, 'docs/local.md').userPoolId, 'eu-west-1_LOCALDEV0', 'the one in the manual')
  const { issuer } = (
    await startTestCognito(t, {
      issuer: 'updated',
      groups: [{ name: 'a' }],
      users: [{ username: 'x', password: 'y', groups: ['a'] }],
    })
  ).local
  t.equal(issuer, 'https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_LOCALDEV0')
})

t.test('cognito-guard dev', async t => {
  const folder = t.testdir({ 'good.json': '{ "users": [] }', 'bad.json': '{ "x": 1 }', 'no.json': '{' })
  const run = async (args: string[], env: Record<string, string> = {}) => {
    let output = ''
    const write = (text: string) => (output += text)
    const code = main(['dev', ...args], { stdin: [] as never, stdout: { write }, stderr: { write }, env })
    return {
      code,
      get output() {
        return output
      },
    }
  }
  const started = performance.now()
  const running = await run(['--port', '0', '--config', join(folder, 'good.json')])
  await until(() => running.output.includes('Ctrl-C'))
  t.ok(performance.now() - started < 3000, 'is up in less than three seconds')
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(running.output)?.[0] ?? ''
  t.equal((await fetch(url)).status, 200)
  const target = { 'x-amz-target': 'AWSCognitoIdentityProviderService.DescribeRiskConfiguration' }
  await fetch(url, { method: 'POST', headers: target, body: '{}' })
  t.match(running.output, 'DescribeRiskConfiguration is not played by the local Cognito')
  process.emit('SIGTERM', 'SIGTERM')
  t.equal(await running.code, 0)
  await t.rejects(fetch(url))

  const busy = createServer().listen(0, '127.0.0.1')
  t.teardown(() => busy.close())
  await until(() => busy.listening)
  for (const [name, args, env, code, message] of [
    ['help', ['--help'], {}, 0, /Usage: cognito-guard dev/],
    ['production', [], { NODE_ENV: 'production' }, 2, /NODE_ENV is production/],
    ['a port that is none', ['--port', '1e3'], {}, 2, /--port must be a port/],
    ['a port too high', ['--port', '65536'], {}, 2, /--port must be a port/],
    ['no file', ['--config', join(folder, 'nothing.json')], {}, 2, /--config: ENOENT/],
    ['no JSON', ['--config', join(folder, 'no.json')], {}, 2, /--config: .*JSON/],
    ['a wrong file', ['--config', join(folder, 'bad.json')], {}, 2, /bad\.json: x is not an option/],
    [
      'a port in use',
      ['--port', String((busy.address() as AddressInfo).port)],
      {},
      2,
      /--port: port \d+ cannot be had \(EADDRINUSE\)/,
    ],
  ] as const) {
    const ended = await run([...args], env)
    t.equal(await ended.code, code, name)
    t.match(ended.output, message, name)
  }
})

/** Resolves when a condition holds; fails by the timeout of the test. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}
