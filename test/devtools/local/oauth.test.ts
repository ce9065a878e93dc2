// What the OAuth endpoints refuse, and how they say it.
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import t from 'tap'
import { startTestCognito } from './world.js'

const callback = 'http://localhost:5173/callback'
const authorize = `response_type=code&client_id=localweb&redirect_uri=${callback}`

t.test('the token endpoint', async t => {
  const { get, post } = await startTestCognito(t, {
    clients: [{ clientId: 'localweb' }, { clientId: 'batch', secret: 's' }],
  })
  const code = async () => {
    const { headers } = await get(`/oauth2/authorize?${authorize}&login_hint=alice&auto=1`)
    return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
  }
  const batch = { authorization: `Basic ${Buffer.from('batch:s').toString('base64')}` }
  const whole = { grant_type: 'authorization_code', client_id: 'localweb', code: 'x', redirect_uri: callback }
  const rows: readonly [string, Record<string, string | undefined>, string, Record<string, string>?][] = [
    ['no grant_type', { ...whole, grant_type: undefined }, 'invalid_request'],
    ['an empty one', { ...whole, grant_type: '' }, 'invalid_request'],
    ['another one', { ...whole, grant_type: 'password' }, 'unsupported_grant_type'],
    ['a name of every object', { ...whole, grant_type: '__proto__' }, 'unsupported_grant_type'],
    ['no code', { ...whole, code: undefined }, 'invalid_request'],
    ['an unknown code', whole, 'invalid_grant'],
    ['no redirect_uri', { ...whole, code: await code(), redirect_uri: undefined }, 'invalid_request'],
    ['another redirect_uri', { ...whole, code: await code(), redirect_uri: `${callback}x` }, 'invalid_grant'],
    ['no refresh_token', { grant_type: 'refresh_token', client_id: 'localweb' }, 'invalid_request'],
    [
      'an unknown one',
      { grant_type: 'refresh_token', client_id: 'localweb', refresh_token: 'x' },
      'invalid_grant',
    ],
    ['no client', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_client'],
    [
      'another client in the body',
      { grant_type: 'client_credentials', client_id: 'localweb' },
      'invalid_request',
      batch,
    ],
  ]
  for (const [name, fields, error, headers] of rows) {
    const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const answer = await post('/oauth2/token', Object.fromEntries(given), headers)
    t.match([answer.status, await answer.json()], [400, { error }], name)
  }
  const same = { grant_type: 'client_credentials', client_id: 'batch' }
  t.equal((await post('/oauth2/token', same, batch)).status, 200, 'the same client in the body')
  const revoke = await post('/oauth2/revoke', { token: 'a.b.c.d.e', client_id: 'localweb' }, batch)
  t.match(await revoke.json(), { error: 'invalid_request' }, 'revocation by two clients')
})

t.test('the authorization endpoint', async t => {
  const { get } = await startTestCognito(t, { clients: [{ clientId: 'spa', callbackUrls: [callback] }] })
  const errorOf = async (query: string) => {
    const { headers } = await get(`/oauth2/authorize?${query}`)
    return new URL(headers.get('location') ?? '').searchParams
  }
  const of = (client: string) => authorize.replace('localweb', client)
  const methodOnly = await errorOf(`${of('spa')}&code_challenge_method=S256`)
  t.equal(methodOnly.get('error'), 'invalid_request', 'a method without a challenge')
  const pages: readonly [string, string, RegExp][] = [
    ['no client', of('').replace('client_id=&', ''), /client_id is missing\./],
    ['another client', of('spb'), /no app client of this client_id\. client_id was spb \. App clients: spa /],
    [
      'another callback',
      of('spa').replace('callback', 'callback/'),
      /redirect_mismatch.*redirect_uri was http:\/\/localhost:5173\/callback\/ \. URLs of spa \(callback\): http:\/\/localhost:5173\/callback /,
    ],
  ]
  for (const [name, query, text] of pages) {
    const answer = await get(`/oauth2/authorize?${query}`)
    t.equal(answer.status, 400, name)
    t.match(await textOf(answer), text, name)
  }
})

t.test('a provider that is out of reach', async t => {
  const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.teardown(() => server.close())
  const odd = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = { type: 'OIDC', clientId: 'c', clientSecret: 's' }
  const { get } = await startTestCognito(t, {
    identityProviders: [
      { ...provider, name: 'Away', issuer: 'http://127.0.0.1:1' },
      { ...provider, name: 'Odd', issuer: odd },
    ],
  })
  for (const name of ['Away', 'Odd']) {
    const { headers } = await get(`/oauth2/authorize?${authorize}&state=s&identity_provider=${name}`)
    t.equal(
      headers.get('location'),
      `${callback}?error=server_error&error_description=${name}+is+out+of+reach&state=s`,
    )
  }
})

t.test('/logout', async t => {
  const { get } = await startTestCognito(t, {
    clients: [
      { clientId: 'listed', callbackUrls: [callback], logoutUrls: ['http://localhost:5173/', 'myapp://bye'] },
      { clientId: 'callbacks', callbackUrls: ['https://app.example/cb'] },
      { clientId: 'bare' },
      { clientId: 'none', logoutUrls: [] },
    ],
  })
  const rows: readonly [string, string, string | RegExp][] = [
    ['listed', 'http://localhost:5173/', 'http://localhost:5173/'],
    ['listed', 'myapp://bye', 'myapp://bye'],
    [
      'listed',
      'http://localhost:5173',
      /was http:\/\/localhost:5173 \. URLs of listed \(logout\): http:\/\/localhost:5173\/ myapp:\/\/bye /,
    ],
    ['listed', callback, /not one of the sign-out URLs/],
    ['callbacks', 'https://app.example/cb', 'https://app.example/cb'],
    ['callbacks', 'http://localhost:1/bye', 'http://localhost:1/bye'],
    [
      'callbacks',
      'https://app.example/',
      /URLs of callbacks \(logout\): https:\/\/app\.example\/cb any URL of this machine /,
    ],
    ['bare', 'http://127.0.0.1:1/bye', 'http://127.0.0.1:1/bye'],
    ['bare', 'https://elsewhere.example/', /was https:\/\/elsewhere\.example\/ /],
    ['none', 'http://127.0.0.1:1/bye', /not one of/],
  ]
  for (const [client, target, expected] of rows) {
    const answer = await get(`/logout?client_id=${client}&logout_uri=${encodeURIComponent(target)}`)
    const name = `${client} to ${target}`
    if (typeof expected === 'string') t.equal(answer.headers.get('location'), expected, name)
    else t.match([answer.status, await textOf(answer)], [400, expected], name)
  }
  t.match(await (await get('/logout')).text(), /client_id is missing\./)
  t.match(await (await get('/logout?client_id=bare')).text(), /logout_uri is missing, or redirect_uri/)
  const again = await get(`/logout?${authorize.replace('localweb', 'bare')}`)
  t.match(again.headers.get('location'), '/login?')
})

t.test('userInfo says what is wrong', async t => {
  const { get } = await startTestCognito(t)
  const none = await get('/oauth2/userInfo')
  t.match(
    [none.status, await none.json()],
    [400, { error: 'invalid_request', error_description: /^Bad OAuth2/ }],
  )
  const bad = await get('/oauth2/userInfo', { authorization: 'Bearer x' })
  t.match(
    [bad.status, await bad.json()],
    [401, { error: 'invalid_token', error_description: /^Access token/ }],
  )
  t.match(bad.headers.get('www-authenticate'), /^Bearer error="invalid_token", error_description="Access/)
})

/** What a page says, without its elements. */
async function textOf(page: Response): Promise<string> {
  return (await page.text()).replace(/<style[^]*<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}
