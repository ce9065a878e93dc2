// The whole way with the clients of the official SDK, v1 and v2, against the local Cognito: sign-in, call, refresh, step-up, refusals.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as v2 from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { inspect, whyNot } from '../../tools/inspector/run.mjs'
import { createApp } from './server.mjs'
import { createHandler } from './server-v2.mjs'

const clients = {
  v1: { Client, Transport: StreamableHTTPClientTransport },
  v2: { Client: v2.Client, Transport: v2.StreamableHTTPClientTransport },
}
const clientId = 'mcpclient'
const redirectUri = 'http://127.0.0.1:6276/oauth/callback'
const http = createServer()
let cognito
let cognitoUrl
let resource
let folder
let userPool

before(async () => {
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  resource = `http://127.0.0.1:${http.address().port}/mcp`
  folder = await mkdtemp(join(tmpdir(), 'mcp-'))
  const config = join(folder, 'cognito.json')
  await writeFile(
    config,
    JSON.stringify({
      issuer: 'local',
      clients: [{ clientId, callbackUrls: [redirectUri] }],
      resourceServers: [{ identifier: resource, scopes: ['read', 'write'] }],
      registration: { mode: 'open', allowedScopes: [`${resource}/read`] },
      advertisesPkce: true,
      lifetimes: { access: 300 },
    }),
  )
  const main = new URL('dist/src/cli/main.js', import.meta.resolve('cognito-guard/package.json'))
  cognito = spawn(process.execPath, [main.pathname, 'dev', '--config', config, '--port', '0'])
  let banner = ''
  for await (const chunk of cognito.stdout) {
    banner += chunk
    if (banner.includes('Ctrl-C')) break
  }
  cognitoUrl = /http:\/\/127\.0\.0\.1:\d+/.exec(banner)[0]
  const userPoolId = /discovery +\S+?\/([\w-]+)\/\.well-known/.exec(banner)[1]
  userPool = {
    userPoolId,
    issuer: /signs as +(\S+)/.exec(banner)[1],
    insecureLoopbackHttp: true,
  }
  http.on('request', createApp({ userPool, resource }))
})

after(async () => {
  http.close()
  http.closeAllConnections()
  cognito.kill()
  await rm(folder, { recursive: true })
})

/** A provider of the SDK that follows the sign-in page by itself, as this user. */
function signsInAs(username) {
  const log = { signIns: 0, scopes: [] }
  return {
    log,
    redirectUrl: redirectUri,
    clientMetadata: { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' },
    clientInformation: () => ({ client_id: clientId }),
    tokens: () => log.tokens,
    saveTokens: tokens => {
      log.tokens = tokens
    },
    saveCodeVerifier: verifier => {
      log.verifier = verifier
    },
    codeVerifier: () => log.verifier,
    async redirectToAuthorization(url) {
      log.signIns++
      log.scopes.push(url.searchParams.get('scope'))
      url.searchParams.set('login_hint', username)
      url.searchParams.set('auto', '1')
      const answer = await fetch(url, { redirect: 'manual' })
      log.code = new URL(answer.headers.get('location')).searchParams.get('code')
    },
  }
}

/** A provider that is not known anywhere yet. */
function registering(provider) {
  let registered
  provider.clientInformation = () => registered
  provider.saveClientInformation = information => {
    registered = information
  }
  return provider
}

/** Calls a tool, and signs in as often as the server asks for it. */
async function callTool({ Client, Transport }, provider, name, more = {}) {
  for (let attempt = 0; ; attempt++) {
    const client = new Client({ name: 'test', version: '1.0.0' }, more.client)
    const transport = new Transport(new URL(resource), { authProvider: provider, ...more.transport })
    const { signIns } = provider.log
    try {
      await client.connect(transport)
      const { content } = await client.callTool({ name, arguments: {} })
      return content[0].text
    } catch (error) {
      if (provider.log.signIns === signIns || attempt === 3) throw error
      await transport.finishAuth(provider.log.code)
    } finally {
      await client.close()
    }
  }
}

const control = (name, input) =>
  fetch(`${cognitoUrl}/_local/${name}`, {
    method: 'POST',
    body: JSON.stringify(input),
    headers: { 'content-type': 'application/json' },
  })

for (const [version, sdk] of Object.entries(clients)) {
  void test(`${version}: signs in by itself, with the scope that the challenge names`, async () => {
    const provider = signsInAs('alice')
    assert.equal(await callTool(sdk, provider, 'who_am_i'), 'alice')
    assert.deepEqual(provider.log.scopes, [`${resource}/read`])
    assert.equal(await callTool(sdk, provider, 'who_am_i'), 'alice')
    assert.equal(provider.log.signIns, 1, 'the token is kept')
  })

  void test(`${version}: an expired token is refreshed`, async () => {
    const provider = signsInAs('alice')
    await control('clock', { offset: -900 })
    await assert.rejects(callTool(sdk, provider, 'who_am_i'))
    await control('clock', { offset: 0 })
    const { signIns } = provider.log
    assert.equal(await callTool(sdk, provider, 'who_am_i'), 'alice')
    assert.equal(provider.log.signIns, signIns, 'without another sign-in')
  })

  void test(`${version}: a step-up to a second scope keeps the first`, async () => {
    const provider = signsInAs('alice')
    assert.equal(await callTool(sdk, provider, 'who_am_i'), 'alice')
    if (version === 'v1') {
      // v1 refreshes before it asks for a scope, which widens nothing
      delete provider.log.tokens.refresh_token
    }
    assert.equal(await callTool(sdk, provider, 'write_note'), 'written')
    assert.deepEqual(provider.log.scopes.at(-1).split(' ').sort(), [`${resource}/read`, `${resource}/write`])
    assert.equal(await callTool(sdk, provider, 'who_am_i'), 'alice')
    assert.equal(provider.log.signIns, 2)
    assert.equal(await callTool(sdk, provider, 'delete_notes'), 'deleted', 'alice is an admin')
  })

  void test(`${version}: a group is not to be had by signing in again`, async () => {
    const provider = signsInAs('bob')
    assert.equal(await callTool(sdk, provider, 'who_am_i'), 'bob')
    await assert.rejects(callTool(sdk, provider, 'delete_notes'), /403|authoriz/i)
  })

  for (const mode of version === 'v2' ? ['legacy', 'auto'] : ['legacy']) {
    void test(`${version}: a server of v2, ${mode}`, async () => {
      const more = { transport: { fetch: inProcess(createHandler({ userPool, resource })) } }
      if (mode === 'auto') more.client = { versionNegotiation: { mode } }
      const provider = signsInAs('alice')
      assert.equal(await callTool(sdk, provider, 'who_am_i', more), 'alice')
      delete provider.log.tokens.refresh_token
      assert.equal(await callTool(sdk, provider, 'delete_notes', more), 'deleted')
      assert.equal(provider.log.signIns, 2)
    })
  }

  void test(`${version}: a client registers itself with Cognito`, async () => {
    const provider = registering(signsInAs('alice'))
    assert.equal(await callTool(sdk, provider, 'who_am_i'), 'alice')
    assert.notEqual(provider.clientInformation().client_id, clientId)
    await assert.rejects(callTool(sdk, provider, 'write_note'), undefined, 'a scope that it may not have')
  })

  void test(`${version}: the bridge registers and signs in a client that nobody knows`, async () => {
    const bridge = { domain: cognitoUrl, clientId, redirectUris: [redirectUri] }
    const more = { transport: { fetch: inProcess(createHandler({ userPool, resource, bridge })) } }
    const provider = registering(signsInAs('alice'))
    assert.equal(await callTool(sdk, provider, 'who_am_i', more), 'alice')
    assert.equal(provider.clientInformation().client_id, clientId)
  })
}

/** A `fetch` whose requests to the resource's origin go to a handler. */
const inProcess = handler => async (url, init) =>
  new URL(url).origin === new URL(resource).origin ? handler(new Request(url, init)) : fetch(url, init)

const post = (token, send = fetch) =>
  send(resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  })

void test('a token for nobody in particular, and one for another server, are refused', async () => {
  const answer = await control('tokens', { username: 'alice', clientId, scopes: [`${resource}/read`] })
  const { accessToken } = await answer.json()
  const other = signsInAs('alice')
  const elsewhere = createHandler({ userPool, resource: `${resource}/other`, scopes: ['openid'], tools: {} })
  const atOther = { authProvider: other, fetch: inProcess(elsewhere) }
  const transport = new v2.StreamableHTTPClientTransport(new URL(`${resource}/other`), atOther)
  await assert.rejects(new v2.Client({ name: 'test', version: '1.0.0' }).connect(transport))
  await transport.finishAuth(other.log.code)
  for (const token of [accessToken, other.log.tokens.access_token]) {
    const refused = await post(token)
    assert.equal(refused.status, 401)
    assert.match(
      refused.headers.get('www-authenticate'),
      /^Bearer .*resource_metadata="http:\/\/127\.0\.0\.1:\d+\/\.well-known\/oauth-protected-resource\/mcp"/,
    )
  }
})

void test('an outage of the keys is 503, and nobody is signed out', async () => {
  const provider = signsInAs('alice')
  assert.equal(await callTool(clients.v2, provider, 'who_am_i'), 'alice')
  const token = provider.log.tokens.access_token
  await control('key-set', { mode: 'error' })
  try {
    const outage = await post(token, inProcess(createHandler({ userPool, resource })))
    assert.equal(outage.status, 503)
    assert.ok(Number(outage.headers.get('retry-after')) > 0)
    assert.equal((await post(token)).status, 200, 'a server that has the keys goes on')
  } finally {
    await control('key-set', { mode: 'ok' })
  }
})

void test('the command line of the Inspector', { skip: whyNot() }, async () => {
  const provider = signsInAs('alice')
  assert.equal(await callTool(clients.v2, provider, 'who_am_i'), 'alice')
  const run = async (token, ...args) => {
    const header = token ? ['--header', `Authorization: Bearer ${token}`] : []
    const { elsewhere, ...result } = await inspect(resource, folder, ...header, ...args)
    assert.equal(elsewhere, 0, 'it asks nobody else')
    return result
  }
  const token = provider.log.tokens.access_token
  for (const era of ['legacy', 'auto']) {
    const how = ['--protocol-era', era, '--method']
    const listed = await run(token, ...how, 'tools/list')
    assert.equal(listed.status, 0, listed.stderr)
    assert.match(listed.stdout, /who_am_i[^]*write_note[^]*delete_notes/)
    const called = await run(token, ...how, 'tools/call', '--tool-name', 'who_am_i')
    assert.equal(called.status, 0, called.stderr)
    assert.match(called.stdout, /"text": ?"alice"/)
    const refused = await run(token, ...how, 'tools/call', '--tool-name', 'write_note')
    assert.equal(refused.status, 1)
    assert.match(refused.stderr, /Insufficient scope: required [^]*\/read [^]*\/write/)
  }
  const unknown = await run(undefined, '--method', 'tools/list')
  assert.equal(unknown.status, 3)
  assert.match(unknown.stderr, /"code":"auth_required"/)
})
