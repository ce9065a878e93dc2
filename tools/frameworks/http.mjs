// What every HTTP example is asked.
import { request } from 'node:http'

/**
 * Returns what is wrong with a server's answers, one line each. `up` and `down` are the addresses of the same server with the key set at hand and
 * without.
 */
export async function checkHttp({ up, down, issuer, testing, requests, duplicates }) {
  const problems = []
  const expect = (condition, text) => condition || problems.push(text)
  const names = Object.keys(requests)
  const [first] = names
  const alice = issuer.accessToken(user('alice', ['admin']))
  const bob = issuer.accessToken({ username: 'bob' })
  const ask = (name, ...authorization) => send(up, requests[name], authorization)
  const bearer = token => `Bearer ${token}`

  for (const name of names) {
    const good = await ask(name, bearer(alice))
    expect(good.status === 200, `${name}, a good token: ${show(good)}`)
    expect(/"username":\s*"alice"|"area"/.test(good.body), `${name}, no principal: ${show(good)}`)
    if (name === 'me') continue
    const others = [{ username: 'bob' }, ...(name === 'both' ? [user('bob', []), { groups: ['admin'] }] : [])]
    for (const other of others) {
      const refused = await ask(name, bearer(issuer.accessToken(other)))
      expect(refused.status === 403, `${name}, without a group or scope: ${show(refused)}`)
      const challenge =
        name === 'orders' ? /error="insufficient_scope".*scope="orders\/read"/ : /error="insufficient_scope"/
      expect(challenge.test(refused.challenge), `${name}: ${show(refused)}`)
    }
  }

  const none = await ask(first)
  expect(none.status === 401 && none.challenge === 'Bearer realm="api"', `no token: ${show(none)}`)
  const bad = [
    `${alice.slice(0, -4)}AAAA`,
    'rubbish',
    issuer.idToken(),
    issuer.accessToken({ expiresIn: -60 }),
  ]
  for (const [index, token] of bad.entries()) {
    const answer = await ask(first, bearer(token))
    expect(answer.status === 401, `bad token ${index}: ${show(answer)}`)
    expect(/error="invalid_token"/.test(answer.challenge), `bad token ${index}: ${show(answer)}`)
  }

  const two = await ask(first, bearer(alice), bearer(bob))
  expect(two.status === (duplicates === 'first' ? 200 : 400), `two tokens: ${show(two)}`)

  const outage = await send(down, requests[first], [bearer(alice)])
  expect(outage.status === 503 && Number(outage.headers['retry-after']) > 0, `key outage: ${show(outage)}`)

  const attack = token => ask(first, bearer(token))
  await testing.refusesAll(attack, testing.attacks(issuer), { genuine: alice }).catch(error => {
    problems.push(error.message)
  })
  return problems
}

/** A server action of a page, as a browser without scripts calls it: the token is in a cookie, and the form is posted. */
export async function checkAction({ up, down, issuer, action }) {
  const problems = []
  const call = async (url, token, headers = {}) => {
    const page = await (await fetch(url + action)).text()
    const form = new FormData()
    for (const [input] of page.matchAll(/<input[^>]*>/g)) {
      const [, name] = /name="([^"]*)"/.exec(input)
      const [, value = ''] = /value="([^"]*)"/.exec(input) ?? []
      form.append(name, value.replaceAll('&quot;', '"').replaceAll('&amp;', '&'))
    }
    const response = await fetch(url + action, {
      method: 'POST',
      headers: { origin: url, ...(token && { cookie: `access_token=${token}` }), ...headers },
      body: form,
    })
    const [, output = ''] = /<output>(.*?)<\/output>/.exec(await response.text()) ?? []
    return `${response.status} ${output.replaceAll('&quot;', '"')}`
  }
  const alice = issuer.accessToken(user('alice', ['admin']))
  const bob = issuer.accessToken({ username: 'bob' })
  for (const [what, url, token, expected, headers] of [
    ['a good token', up, alice, /^200 {"username":"alice"}$/],
    ['no token', up, undefined, /"error":"unauthorized"/],
    ['a bad token', up, 'rubbish', /"error":"invalid_token"/],
    ['without the scope', up, bob, /"error":"insufficient_scope"/],
    ['another origin', up, alice, /^(?!.*alice)/, { origin: 'https://evil.example.com' }],
    ['key outage', down, alice, /"error":"temporarily_unavailable"/],
  ]) {
    const answer = await call(url, token, headers)
    if (!expected.test(answer)) problems.push(`${what}: ${answer}`)
  }
  return problems
}

export const user = (username, groups) => ({
  username,
  groups,
  scopes: ['aws.cognito.signin.user.admin', 'orders/read'],
})

/** Sends every value of `Authorization` in a header of its own, which `fetch` would join. */
function send(url, what, authorization) {
  const { path, body } = typeof what === 'string' ? { path: what } : what
  const { host } = new URL(url)
  const headers = ['Host', host, ...authorization.flatMap(value => ['Authorization', value])]
  if (body) headers.push('Content-Type', 'application/json')
  return new Promise((resolve, reject) => {
    const options = { method: body ? 'POST' : 'GET', headers, agent: false }
    const sent = request(url + path, options, async response => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      const challenge = response.headers['www-authenticate'] ?? ''
      resolve({ status: response.statusCode, headers: response.headers, challenge, body: text })
    })
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}

const show = ({ status, challenge, body }) => `${status} ${challenge} ${body.slice(0, 300)}`
