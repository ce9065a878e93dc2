import t from 'tap'
import { parseConfig } from '../../../src/devtools/local/config.js'
import { claimsOf, startTestCognito } from './world.js'

const redirectUri = 'http://127.0.0.1:6276/oauth/callback'
const metadata = { redirect_uris: [redirectUri], client_name: 'Inspector' }
const api = 'https://api.example.com/mcp'
const configOf = (mode: string, more: object = {}) => ({
  resourceServers: [{ identifier: api, scopes: ['read', 'write'] }],
  clients: [
    { clientId: 'localweb' },
    { clientId: 'registrar', secret: 's', scopes: ['aws.cognito/dcr/register'] },
    { clientId: 'other', secret: 's', scopes: [`${api}/read`] },
  ],
  registration: { mode, allowedScopes: [`${api}/read`] },
  ...more,
})

async function start(t: Parameters<typeof startTestCognito>[0], document: object) {
  const cognito = await startTestCognito(t, document)
  return {
    ...cognito,
    async register(body: unknown, token?: string) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const response = await fetch(`${cognito.url}/oauth2/register`, { method: 'POST', body: text, headers })
      const answer = response.status === 404 ? {} : await response.json()
      return { status: response.status, body: answer as Record<string, unknown> }
    },
    async discovery() {
      const response = await cognito.get(`/${cognito.pool.userPoolId}/.well-known/openid-configuration`)
      return (await response.json()) as Record<string, unknown>
    },
  }
}

t.test('it is off unless the configuration says so, as is what discovery says of PKCE', async t => {
  const { register, discovery } = await start(t, {})
  t.match(await register(metadata), { status: 404 })
  t.match(await discovery(), {
    registration_endpoint: undefined,
    code_challenge_methods_supported: undefined,
  })
})

t.test('open: a client registers, signs a user in, and has the scopes that it may have', async t => {
  const { register, discovery, get, post, url } = await start(t, configOf('open', { advertisesPkce: true }))
  t.match(await discovery(), {
    registration_endpoint: `${url}/oauth2/register`,
    code_challenge_methods_supported: ['S256'],
  })
  const { status, body } = await register(metadata)
  t.equal(status, 201)
  t.match(body, {
    client_id: /^[0-9a-f]{26}$/,
    client_id_issued_at: Number,
    client_name: 'Inspector',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
    scope: `openid email phone profile ${api}/read`,
    client_secret: undefined,
  })
  const client_id = String(body.client_id)
  const authorize = async (scope: string) => {
    const query = { response_type: 'code', client_id, redirect_uri: redirectUri, scope, resource: api }
    const path = `/oauth2/authorize?${new URLSearchParams({ ...query, login_hint: 'bob', auto: '1' }).toString()}`
    return new URL((await get(path)).headers.get('location') as string).searchParams
  }
  const code = (await authorize(`openid ${api}/read`)).get('code') as string
  const answer = await post('/oauth2/token', {
    grant_type: 'authorization_code',
    client_id,
    code,
    redirect_uri: redirectUri,
  })
  const { access_token } = (await answer.json()) as { access_token: string }
  t.match(claimsOf(access_token), { client_id, aud: api, scope: `openid ${api}/read` })
  t.equal((await authorize(`${api}/write`)).get('error'), 'invalid_scope')

  t.match((await register({ ...metadata, client_name: 7, scope: 'openid' })).body, {
    scope: 'openid',
    client_name: undefined,
  })
  t.match(await register({ ...metadata, scope: `${api}/write` }), {
    status: 400,
    body: { error: 'invalid_client_metadata' },
  })
  for (const redirect_uris of [undefined, [], [7], ['javascript:alert(1)'], redirectUri])
    t.match(await register({ redirect_uris }), { status: 400, body: { error: 'invalid_redirect_uri' } })
  t.match(await register('no JSON'), { status: 400 })
  t.match(await register(metadata, 'no token'), { status: 401 }, 'a bad token is never no token')
})

t.test('authenticated: with the scope for it', async t => {
  const { register, post } = await start(t, configOf('authenticated'))
  const tokenOf = async (client_id: string) => {
    const answer = await post('/oauth2/token', {
      grant_type: 'client_credentials',
      client_id,
      client_secret: 's',
    })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  t.match(await register(metadata), { status: 401, body: { error: 'invalid_token' } })
  t.match(await register(metadata, await tokenOf('other')), { status: 403 })
  t.match(await register(metadata, await tokenOf('registrar')), { status: 201 })
})

t.test('wrong settings are named', async t => {
  for (const [registration, message] of [
    [{ mode: 'on' }, 'x.json: registration: mode must be one of off, authenticated, open'],
    [{ allowedScopes: 'x' }, 'x.json: registration: allowedScopes must be a list of non-empty strings'],
    [{ allowedScopes: ['x/y'] }, 'x.json: registration: allowedScopes names x/y, which is no scope'],
  ] as const)
    t.throws(() => parseConfig({ registration }, 'x.json'), { name: 'TypeError', message })
  t.throws(() => parseConfig({ advertisesPkce: 1 }, 'x.json'), {
    message: /advertisesPkce must be true or false/,
  })
})
