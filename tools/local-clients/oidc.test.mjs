// Clients of OpenID Connect: those that mind which issuer and which address they are given, and their sign-out.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Auth } from '@auth/core'
import AuthCognito from '@auth/core/providers/cognito'
import { oidcAuthMiddleware } from '@hono/oidc-auth'
import { Hono } from 'hono'
import NextCognito from 'next-auth/providers/cognito'
import * as oauth from 'oauth4webapi'
import { OidcClient } from 'oidc-client-ts'
import * as openid from 'openid-client'
import { clientId, startDev, userPoolId } from './dev.mjs'
import { AuthHandler } from './node_modules/next-auth/core/index.js'

const secret = 'kept-by-a-server'
const redirectUri = 'http://localhost:3000/callback'
const afterLogout = 'http://localhost:3000/'
const clients = [
  { clientId, callbackUrls: [redirectUri], logoutUrls: [afterLogout] },
  { clientId: 'server', secret },
]
let local
let original

before(async () => {
  ;[local, original] = await Promise.all([startDev({ issuer: 'local', clients }), startDev({ clients })])
})
after(() => Promise.all([local.close(), original.close()]))

const insecure = { execute: [openid.allowInsecureRequests] }
const addresses = { '127.0.0.1': url => url, localhost: url => url.replace('127.0.0.1', 'localhost') }

for (const [name, at] of Object.entries(addresses)) {
  test(`openid-client, discovery and sign-in at ${name}`, async () => {
    const issuer = `${at(local.url)}/${userPoolId}`
    const config = await openid.discovery(new URL(issuer), clientId, undefined, openid.None(), insecure)
    const verifier = openid.randomPKCECodeVerifier()
    const state = openid.randomState()
    const nonce = openid.randomNonce()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid email',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    const tokens = await openid.authorizationCodeGrant(config, new URL(await signIn(url)), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
    })
    assert.equal(tokens.claims().iss, issuer)
    const { username } = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
    assert.equal(username, 'alice')
    await openid.refreshTokenGrant(config, tokens.refresh_token)
  })
  test(`oauth4webapi, discovery at ${name}`, async () => {
    const issuer = new URL(`${at(local.url)}/${userPoolId}`)
    const response = await oauth.discoveryRequest(issuer, { [oauth.allowInsecureRequests]: true })
    const server = await oauth.processDiscoveryResponse(issuer, response)
    assert.equal(server.issuer, issuer.href)
  })
}

test('openid-client, the issuer of AWS: refused by discovery, as documented, and taken as metadata', async () => {
  const url = `${original.url}/${userPoolId}`
  await assert.rejects(openid.discovery(new URL(url), clientId, undefined, openid.None(), insecure), {
    message: /discovered metadata issuer does not match/,
  })
  const metadata = await (await fetch(`${url}/.well-known/openid-configuration`)).json()
  const config = new openid.Configuration(metadata, clientId, undefined, openid.None())
  openid.allowInsecureRequests(config)
  const verifier = openid.randomPKCECodeVerifier()
  const target = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const tokens = await openid.authorizationCodeGrant(config, new URL(await signIn(target)), {
    pkceCodeVerifier: verifier,
  })
  assert.equal(tokens.claims().iss, `https://cognito-idp.us-east-1.amazonaws.com/${userPoolId}`)
})

test('oidc-client-ts, sign-out', async () => {
  const client = new OidcClient({
    authority: `${local.url}/${userPoolId}`,
    client_id: clientId,
    redirect_uri: redirectUri,
    stateStore: memory(),
  })
  const { url } = await client.createSignoutRequest({
    client_id: clientId,
    extraQueryParams: { logout_uri: afterLogout },
  })
  const response = await fetch(url, { redirect: 'manual' })
  assert.deepEqual([response.status, response.headers.get('location')], [302, afterLogout])
  // as it comes, it names no client, which Cognito demands: the page says so
  const bare = await fetch(`${local.url}/logout?post_logout_redirect_uri=${encodeURIComponent(afterLogout)}`)
  assert.equal(bare.status, 400)
  assert.match(await bare.text(), /client_id/)
})

test('@hono/oidc-auth, sign-in', async () => {
  const app = new Hono()
  const origin = 'http://localhost:3000'
  Object.assign(process.env, {
    OIDC_AUTH_SECRET: 'a-secret-of-more-than-32-characters',
    OIDC_ISSUER: `${local.url}/${userPoolId}`,
    OIDC_CLIENT_ID: 'server',
    OIDC_CLIENT_SECRET: secret,
    OIDC_REDIRECT_URI: '/callback',
    OIDC_SCOPES: 'openid email',
  })
  app.use('*', oidcAuthMiddleware())
  app.get('/', context => context.text('welcome'))
  const jar = cookies()
  const begun = jar.keep(await app.request(`${origin}/`))
  assert.equal(begun.status, 302)
  const callback = await signIn(begun.headers.get('location'))
  const ended = jar.keep(await app.request(callback, { headers: jar.headers() }))
  assert.equal(ended.status, 302, await ended.text())
  const page = await app.request(`${origin}/`, { headers: jar.headers() })
  assert.equal(await page.text(), 'welcome')
})

test('Auth.js 5, sign-in', async () => {
  const origin = 'http://localhost:3000'
  const config = {
    secret: 'a-secret-of-more-than-32-characters',
    trustHost: true,
    basePath: '/auth',
    providers: [
      AuthCognito({
        clientId: 'server',
        clientSecret: secret,
        issuer: `${local.url}/${userPoolId}`,
      }),
    ],
    logger: { error: error => assert.fail(error) },
  }
  const jar = cookies()
  const call = async (path, form) => {
    const init = form && { method: 'POST', body: new URLSearchParams(form) }
    return jar.keep(await Auth(new Request(`${origin}${path}`, { ...init, headers: jar.headers() }), config))
  }
  const { csrfToken } = await (await call('/auth/csrf')).json()
  const begun = await call('/auth/signin/cognito', { csrfToken, callbackUrl: '/' })
  const callback = new URL(await signIn(begun.headers.get('location')))
  await call(`${callback.pathname}${callback.search}`)
  const { user } = await (await call('/auth/session')).json()
  assert.equal(user.email, 'alice@example.com')
})

test('next-auth 4, sign-in', async () => {
  process.env.NEXTAUTH_URL = 'http://localhost:3000/api/auth'
  const options = {
    secret: 'a-secret-of-more-than-32-characters',
    providers: [
      NextCognito.default({
        clientId: 'server',
        clientSecret: secret,
        issuer: `${local.url}/${userPoolId}`,
        checks: ['pkce', 'state'],
      }),
    ],
    logger: { error: (code, error) => assert.fail(`${code}: ${error?.error?.stack ?? error}`) },
  }
  let jar = {}
  const call = async (action, more) => {
    const req = { origin: 'http://localhost:3000', method: 'GET', action, cookies: jar, ...more }
    const answer = await AuthHandler({ req, options })
    jar = { ...jar, ...Object.fromEntries((answer.cookies ?? []).map(({ name, value }) => [name, value])) }
    return answer
  }
  const { csrfToken } = (await call('csrf')).body
  const providerId = 'cognito'
  const { redirect } = await call('signin', { method: 'POST', providerId, body: { csrfToken }, query: {} })
  const query = Object.fromEntries(new URL(await signIn(redirect)).searchParams)
  await call('callback', { providerId, query })
  assert.equal((await call('session')).body.user.email, 'alice@example.com')
})

/** Signs alice in, without a page; resolves to the URL that a browser is sent to. */
async function signIn(url) {
  const target = new URL(url)
  target.searchParams.set('login_hint', 'alice')
  target.searchParams.set('auto', '1')
  const response = await fetch(target, { redirect: 'manual' })
  assert.equal(response.status, 302, await response.clone().text())
  return response.headers.get('location')
}

function cookies() {
  const jar = new Map()
  return {
    keep(response) {
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
        jar.set(name, value)
      }
      return response
    },
    headers: () => ({ cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
  }
}

function memory() {
  const values = new Map()
  return {
    set: async (key, value) => void values.set(key, value),
    get: async key => values.get(key) ?? null,
    remove: async key => values.get(key),
    getAllKeys: async () => [...values.keys()],
  }
}
