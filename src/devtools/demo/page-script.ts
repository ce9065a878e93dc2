// Over 150 lines: one script for the browser, which loads no other.
/**
 * The script of the page, after two constants: `api`, a URL, and `pool`. It is an ordinary app: code with PKCE, tokens in the session,
 * calls with an access token, and AWS calls signed with the credentials of the identity pool. Inserts text as text, never as HTML. `show` shows
 * the request that would be sent, and takes the answer to another one away; `world` shows the state of the issuer, after a control if one is named.
 */
export const pageScript = `
const $ = id => document.getElementById(id)
const session = JSON.parse(sessionStorage.session || 'null')
const redirectUri = location.origin + '/demo'

function light(id, state, text) {
  const step = $('step-' + id)
  step.setAttribute('class', 'step ' + state)
  if (text) step.lastElementChild.textContent = text
}

const base64url = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/[+]/g, '-').replace(/[/]/g, '_').replace(/=/g, '')
const partOf = (token, index) => JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(token.split('.')[index].replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0))))

$('sign-in').onclick = async () => {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)))
  const state = base64url(crypto.getRandomValues(new Uint8Array(16)))
  sessionStorage.pending = JSON.stringify({ verifier, state })
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)))
  location.href = '/oauth2/authorize?' + new URLSearchParams({
    response_type: 'code', client_id: pool.clientId, redirect_uri: redirectUri, scope: 'openid email profile orders/read',
    state, prompt: 'login', code_challenge: challenge, code_challenge_method: 'S256',
  })
}

$('sign-out').onclick = () => {
  sessionStorage.clear()
  location.href = '/logout?' + new URLSearchParams({ client_id: pool.clientId, logout_uri: redirectUri })
}

async function redeem(code, state) {
  const pending = JSON.parse(sessionStorage.pending || '{}')
  if (state !== pending.state) return
  const response = await fetch('/oauth2/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'authorization_code', client_id: pool.clientId, code, redirect_uri: redirectUri, code_verifier: pending.verifier }),
  })
  if (response.ok) sessionStorage.session = JSON.stringify(await response.json())
  location.replace('/demo')
}

const each = (selector, use) => document.querySelectorAll(selector).forEach(use)
const sent = () => session?.[document.querySelector('[name=token]:checked').value + '_token']
const element = (className, text) => Object.assign(document.createElement('span'), { className, textContent: text })
const painted = (text, hot) => text.split(/("(?:[^"\\\\]|\\\\.)*"|\\b(?:true|false|null|\\d+)\\b)/).map((part, index, parts) =>
  index % 2 === 0 ? part : element(!parts[index + 1].startsWith(':') ? 'value' : part === '"' + hot + '"' ? 'hot' : 'key', part))
const json = value => JSON.stringify(value, null, 2)

let path = '/me'
let offset = 0

function show() {
  const token = sent()
  $('curl').replaceChildren('curl -i ' + api + path, ...token ? [' -H "Authorization: Bearer ', element('elide', token), '"'] : [])
  let hot
  each('[data-route]', line => {
    line.className = line.dataset.route === path ? 'on' : ''
    if (line.className) hot = line.dataset.claim
  })
  each('[data-path]', button => button.setAttribute('aria-current', button.dataset.path === path))
  $('token').replaceChildren(...token ? painted('header ' + json(partOf(token, 0)) + '\\nclaims ' + json(partOf(token, 1)), hot) : [session ? 'No token is sent.' : 'Sign in to see the header and the claims of your token.'])
  const left = token ? partOf(token, 1).exp - Date.now() / 1000 - offset : 0
  $('validity').textContent = token ? left > 0 ? 'valid for ' + Math.ceil(left / 60) + ' min' : 'expired' : ''
  $('validity').className = left > 0 ? 'good' : 'bad'
  $('answer').textContent = 'Press a route to send the request.'
  $('fix').textContent = $('status').textContent = ''
  light('token', token ? 'good' : '', token ? 'signed, for an hour' : 'none')
  light('guard', '', 'your API')
  light('answer', '', '200, 401 or 403')
}

each('[name=token]', radio => radio.onchange = show)

each('[data-path]', button => button.onclick = async () => {
  path = button.dataset.path
  show()
  const asked = path
  const token = sent()
  const response = await fetch(api + path, { headers: token ? { authorization: 'Bearer ' + token } : {} })
  const body = await response.json()
  const state = response.ok ? 'good' : 'bad'
  const row = $('answers').insertRow(0)
  for (const text of ['GET ' + asked, response.status, body.code || 'authorized', body.hint || '']) row.insertCell().textContent = text
  row.cells[1].className = state
  row.cells[0].className = row.cells[2].className = 'code'
  if (asked !== path || token !== sent()) return
  light('guard', state, response.ok ? 'authorized' : 'refused')
  light('answer', state, String(response.status))
  const headers = [...response.headers].map(([name, value]) => name.replace(/\\b[a-z]/g, letter => letter.toUpperCase()).replace('Www', 'WWW') + ': ' + value + '\\n')
  $('answer').replaceChildren('HTTP/1.1 ', element(state, response.status + ' ' + response.statusText), '\\n' + headers.join('') + '\\n', ...painted(json(body)))
  $('status').textContent = response.status + ' ' + (body.code || 'authorized')
  $('status').className = state
  $('fix').textContent = body.hint ? 'How to fix it: ' + body.hint : ''
  if (innerWidth < 960) $('status').scrollIntoView({ block: 'nearest' })
})

$('copy').onclick = async () => {
  try {
    await navigator.clipboard.writeText($('curl').textContent)
    $('copy').textContent = 'Copied'
  } catch {
    getSelection().selectAllChildren($('curl'))
    $('copy').textContent = 'Selected: copy it'
  }
  setTimeout(() => $('copy').textContent = 'Copy as curl', 2000)
}

async function world(control, input) {
  const response = await fetch('/_local/' + (control || 'state'), control ? { method: 'POST', body: JSON.stringify(input) } : {})
  const { clockOffset, keys } = await response.json()
  offset = clockOffset
  $('world').textContent = 'The clock is ' + offset / 3600 + ' h ahead; ' + keys.length + ' keys are published.'
  show()
}

$('later').onclick = () => world('clock', { offset: offset += 7200 })
$('now').onclick = () => world('clock', { offset: offset = 0 })
$('rotate-keys').onclick = () => world('rotate-keys', {})

const call = async (operation, input) => {
  const response = await fetch('/', {
    method: 'POST', headers: { 'x-amz-target': 'AWSCognitoIdentityService.' + operation }, body: JSON.stringify(input),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.__type + ': ' + answer.message)
  return answer
}

$('exchange').onclick = async () => {
  light('exchange', '')
  light('aws-call', '')
  try {
    const Logins = session ? { [pool.login]: session.id_token } : {}
    const { IdentityId } = await call('GetId', { IdentityPoolId: pool.identityPoolId, Logins })
    const { Credentials } = await call('GetCredentialsForIdentity', { IdentityId, Logins })
    light('exchange', 'good')
    const arn = /<Arn>(.*)<[/]Arn>/.exec(await getCallerIdentity(Credentials))[1]
    light('aws-call', 'good', arn.split('/')[1])
    $('aws').textContent = 'AWS knows you as ' + arn
  } catch (error) {
    light('exchange', 'bad')
    $('aws').textContent = error.message
  }
}

async function getCallerIdentity({ AccessKeyId, SecretKey, SessionToken }) {
  const hex = bytes => Array.from(new Uint8Array(bytes), byte => byte.toString(16).padStart(2, '0')).join('')
  const bytes = text => typeof text === 'string' ? new TextEncoder().encode(text) : text
  const sha256 = async text => hex(await crypto.subtle.digest('SHA-256', bytes(text)))
  const hmac = async (key, text) => crypto.subtle.sign('HMAC', await crypto.subtle.importKey('raw', bytes(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']), bytes(text))
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const date = new Date().toISOString().replace(/[-:]|[.]\\d+/g, '')
  const scope = date.slice(0, 8) + '/us-east-1/sts/aws4_request'
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-amz-date': date, 'x-amz-security-token': SessionToken }
  const signed = Object.entries({ ...headers, host: location.host }).sort(([a], [b]) => a < b ? -1 : 1)
  const names = signed.map(([name]) => name).join(';')
  const canonical = ['POST', '/', '', signed.map(([name, value]) => name + ':' + value + '\\n').join(''), names, await sha256(body)].join('\\n')
  let key = 'AWS4' + SecretKey
  for (const part of scope.split('/')) key = await hmac(key, part)
  const signature = hex(await hmac(key, ['AWS4-HMAC-SHA256', date, scope, await sha256(canonical)].join('\\n')))
  const authorization = 'AWS4-HMAC-SHA256 Credential=' + AccessKeyId + '/' + scope + ', SignedHeaders=' + names + ', Signature=' + signature
  const response = await fetch('/', { method: 'POST', headers: { ...headers, authorization }, body })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}

const query = new URLSearchParams(location.search)
if (query.has('code')) redeem(query.get('code'), query.get('state'))
if (session) {
  const claims = partOf(session.access_token, 1)
  light('sign-in', 'good', claims.username)
  light('token', 'good')
  $('who').textContent = 'Signed in as ' + claims.username + ', in ' + (claims['cognito:groups'] || ['no group']).join(' and ') + '.'
  $('sign-out').disabled = false
  $('sign-in').className = ''
  $('sign-in').textContent = 'Sign in as somebody else'
}
world()
`
