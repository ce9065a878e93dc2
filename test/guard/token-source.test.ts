import {
  amplifyCookie,
  appSyncRealtime,
  bearer,
  cookie,
  firstOf,
  headerToken,
  queryToken,
  type RequestView,
  type TokenSource,
  webSocketProtocol,
} from 'cognito-guard'
import t from 'tap'
import { codeOf } from '../mint.js'

type Value = string | readonly string[] | undefined

const view = (headers: Record<string, Value>, more: Partial<RequestView> = {}): RequestView => ({
  header: name => headers[name],
  ...more,
})

/** The token, or the code of the refusal. */
const found = (source: TokenSource, request: RequestView) => codeOf(() => source(request)) ?? source(request)

const invalid = 'ERR_REQUEST_INVALID'

t.test('bearer', async t => {
  const cases: [Value, string | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['bEaReR abc', 'abc'],
    ['Bearer   abc', 'abc'],
    [['Bearer abc'], 'abc'],
    [[], undefined],
    ['Basic YTpi', undefined],
    ['Basic Bearer', undefined],
    ['Bearerx abc', undefined],
    ['XBearer abc', undefined],
    ['Bearer-Token abc', undefined],
    ['DPoP abc', undefined],
    ['abc', undefined],
    ['a.b.c', undefined],
    ['Bearer', invalid],
    ['Bearer ', invalid],
    ['Bearer    ', invalid],
    ['Bearer abc def', invalid],
    ['Bearer abc ', invalid],
    ['Bearer abc,def', invalid],
    ['Bearer abc, Bearer def', invalid],
    ['Bearer abc,', invalid],
    ['Bearer ,abc', invalid],
    ['Bearer\tabc', invalid],
    ['Bearer\u00a0abc', invalid],
    ['Bearer,abc', invalid],
    ['Bearer=abc', invalid],
    [' Bearer abc', invalid],
    ['Basic YTpi, Bearer abc', invalid],
    ['Basic YTpi,bearer abc', invalid],
    ['DPoP x, Bearer', invalid],
    ['Digest a=b, bearerx=c', undefined],
    [['Bearer abc', 'Bearer abc'], invalid],
    [['Bearer abc', 'Basic x'], invalid],
    [['Basic x', 'Basic y'], invalid],
  ]
  for (const [authorization, expected] of cases) {
    t.equal(found(bearer(), view({ authorization })), expected, JSON.stringify(authorization))
  }
  const long = `${',  '.repeat(50_000)}x`
  const start = process.hrtime.bigint()
  t.equal(found(bearer(), view({ authorization: long })), undefined)
  t.ok(process.hrtime.bigint() - start < 1_000_000_000n, 'a long value takes no time that grows out of hand')
})

t.test('headerToken', async t => {
  const cases: [Value, string | undefined][] = [
    [undefined, undefined],
    ['abc', 'abc'],
    ['', invalid],
    ['abc, def', invalid],
    ['a b', invalid],
    [['abc'], 'abc'],
    [['abc', 'abc'], invalid],
  ]
  for (const [value, expected] of cases) {
    t.equal(
      found(headerToken('X-Amzn-Oidc-Data'), view({ 'x-amzn-oidc-data': value })),
      expected,
      JSON.stringify(value),
    )
  }
})

t.test('cookie', async t => {
  const cases: [Value, string | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['id=abc', 'abc'],
    ['a=1; id=abc; b=2', 'abc'],
    ['a=1;id=abc', 'abc'],
    ['a=1;   id=abc', 'abc'],
    [['a=1', 'id=abc'], 'abc'],
    ['xid=abc', undefined],
    ['id2=abc', undefined],
    ['ID=abc', undefined],
    ['id', undefined],
    ['id=', undefined],
    ['id=; id=', undefined],
    ['id=; id=abc', 'abc'],
    ['id=""', undefined],
    ['id=""; id=abc', 'abc'],
    ['id=abc; id=def', invalid],
    ['id=abc; id=abc', 'abc'],
    [['id=abc', 'id=abc'], 'abc'],
    [['id=abc', 'id=def'], invalid],
    ['id=a b', invalid],
    ['id=a,b', invalid],
    ['id="abc"', '"abc"'],
    ['id=a=b', 'a=b'],
  ]
  for (const [value, expected] of cases) {
    t.equal(found(cookie('id'), view({ cookie: value }, { method: 'GET' })), expected, JSON.stringify(value))
  }
})

t.test('cookie: a request that may change something must come from a known origin', async t => {
  const source = cookie('id', { origins: ['https://app.example'] })
  const cases: [string, string | undefined, Record<string, Value>, 'abc' | typeof invalid][] = [
    ['GET', 'GET', {}, 'abc'],
    ['HEAD', 'HEAD', {}, 'abc'],
    ['OPTIONS', 'OPTIONS', {}, 'abc'],
    ['GET from elsewhere', 'GET', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 'abc'],
    ['POST that says nothing', 'POST', {}, invalid],
    ['a WebSocket that says nothing', 'GET', { 'sec-websocket-key': 'x' }, invalid],
    [
      'a WebSocket from elsewhere',
      'GET',
      { 'sec-websocket-key': 'x', origin: 'https://evil.example' },
      invalid,
    ],
    ['a WebSocket from the app', 'GET', { 'sec-websocket-key': 'x', origin: 'https://app.example' }, 'abc'],
    ['no method', undefined, {}, invalid],
    ['an unknown method', 'PURGE', {}, invalid],
    ['get in small letters', 'get', {}, invalid],
    ['same origin', 'POST', { 'sec-fetch-site': 'same-origin' }, 'abc'],
    ['same site', 'POST', { 'sec-fetch-site': 'same-site' }, invalid],
    [
      'same site, own host',
      'POST',
      { 'sec-fetch-site': 'same-site', origin: 'https://api.example', host: 'api.example' },
      invalid,
    ],
    ['cross site', 'POST', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, invalid],
    ['cross site, listed', 'POST', { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' }, 'abc'],
    [
      'cross site, claims our host',
      'POST',
      { 'sec-fetch-site': 'cross-site', origin: 'https://api.example', host: 'api.example' },
      invalid,
    ],
    ['typed by the user', 'POST', { 'sec-fetch-site': 'none' }, invalid],
    ['an old browser: own origin', 'POST', { origin: 'https://api.example', host: 'api.example' }, 'abc'],
    [
      'an old browser: own origin, port',
      'POST',
      { origin: 'http://127.0.0.1:8080', host: '127.0.0.1:8080' },
      'abc',
    ],
    [
      'an old browser: another port',
      'POST',
      { origin: 'http://127.0.0.1:8081', host: '127.0.0.1:8080' },
      invalid,
    ],
    [
      'an old browser: this machine by name',
      'POST',
      { origin: 'http://my.localhost:8080', host: 'my.localhost:8080' },
      'abc',
    ],
    [
      'an old browser: this machine, IPv6',
      'POST',
      { origin: 'http://[::1]:8080', host: '[::1]:8080' },
      'abc',
    ],
    ['an old browser: not https', 'POST', { origin: 'http://api.example', host: 'api.example' }, invalid],
    [
      'an old browser: not https, a name that starts the same',
      'POST',
      { origin: 'http://127.0.0.1.evil.example', host: '127.0.0.1.evil.example' },
      invalid,
    ],
    ['an old browser: another scheme', 'POST', { origin: 'ftp://127.0.0.1', host: '127.0.0.1' }, invalid],
    ['an old browser: listed', 'DELETE', { origin: 'https://app.example', host: 'api.example' }, 'abc'],
    ['an old browser: elsewhere', 'POST', { origin: 'https://evil.example', host: 'api.example' }, invalid],
    [
      'an old browser: ends the same',
      'POST',
      { origin: 'https://evilapi.example', host: 'api.example' },
      invalid,
    ],
    [
      'an old browser: starts the same',
      'POST',
      { origin: 'https://app.example.evil', host: 'api.example' },
      invalid,
    ],
    ['no origin at all', 'POST', { origin: 'xhttps://api.example', host: 'api.example' }, invalid],
    [
      'an origin with a line behind',
      'POST',
      { origin: 'https://api.example\n', host: 'api.example' },
      invalid,
    ],
    ['an opaque origin', 'POST', { origin: 'null', host: 'null' }, invalid],
    ['no host', 'POST', { origin: 'https://evil.example' }, invalid],
    ...['null', 'file://', 'chrome-extension://abc', 'https://', 'undefined', ''].map(
      (origin): [string, string, Record<string, Value>, typeof invalid] => [
        `no host, ${origin}`,
        'POST',
        { origin },
        invalid,
      ],
    ),
    ['an empty host', 'POST', { origin: 'https://', host: '' }, invalid],
    ['two hosts', 'POST', { origin: 'https://a.example', host: ['a.example', 'b.example'] }, invalid],
    ['origin twice', 'POST', { origin: ['https://app.example', 'https://evil.example'] }, invalid],
    ['site twice', 'POST', { 'sec-fetch-site': ['same-origin', 'cross-site'] }, invalid],
  ]
  for (const [name, method, headers, expected] of cases) {
    t.equal(
      found(source, view({ cookie: 'id=abc', ...headers }, method === undefined ? {} : { method })),
      expected,
      name,
    )
  }
  t.equal(found(source, view({}, { method: 'POST' })), undefined, 'without the cookie it is no token')
})

t.test('amplifyCookie', async t => {
  const prefix = 'CognitoIdentityServiceProvider.1client.'
  const of = (user: string, token = 'abc', use = 'access') => `${prefix}${user}.${use}Token=${token}`
  const last = (user: string) => `${prefix}LastAuthUser=${user}`
  const cases: [string, string | undefined, string | undefined][] = [
    ['no cookies', undefined, undefined],
    [
      'signed in',
      `${last('alice')}; ${of('alice')}; ${of('alice', 'def', 'id')}; ${prefix}alice.clockDrift=0`,
      'abc',
    ],
    ['another user before', `${of('bob', 'def')}; ${of('alice')}; ${last('alice')}`, 'abc'],
    ['an e-mail address', `${last('a%40example.com')}; ${of('a%40example.com')}`, 'abc'],
    ['an e-mail address, once as it is', `${last('a@example.com')}; ${of('a%40example.com')}`, 'abc'],
    ['what is no encoding', `${last('100%')}; ${of('100%')}`, 'abc'],
    ['no user signed in last', of('alice'), undefined],
    ['signed out', last('alice'), undefined],
    ['signed out, cleared', `${prefix}LastAuthUser=; ${of('alice', '')}`, undefined],
    ['cleared', `${last('alice')}; ${of('alice', '')}`, undefined],
    ['cleared, quoted', `${last('alice')}; ${of('alice', '""')}`, undefined],
    ['the same twice', `${last('alice')}; ${last('alice')}; ${of('alice')}; ${of('alice')}`, 'abc'],
    ['another client', `${last('alice')}; ${of('alice')}`.replaceAll('1client', '2client'), undefined],
    ['two users signed in last', `${last('alice')}; ${last('bob')}; ${of('alice')}`, invalid],
    ['two tokens', `${last('alice')}; ${of('alice')}; ${of('alice', 'def')}`, invalid],
    ['two tokens, one in disguise', `${last('alice')}; ${of('alice')}; ${of('%61lice', 'def')}`, invalid],
  ]
  for (const [name, header, expected] of cases)
    t.equal(found(amplifyCookie('1client'), view({ cookie: header }, { method: 'GET' })), expected, name)
  const both = { cookie: `${last('a')}; ${of('a', 'def', 'id')}`, origin: 'https://app.example' }
  const source = amplifyCookie('1client', { tokenUse: 'id', origins: 'https://app.example' })
  t.equal(found(source, view(both, { method: 'POST' })), 'def')
  t.equal(found(amplifyCookie('1client', { tokenUse: 'id' }), view(both, { method: 'POST' })), invalid)
})

t.test('appSyncRealtime', async t => {
  const encode = (header: unknown) => Buffer.from(JSON.stringify(header)).toString('base64url')
  const host = 'example.appsync-api.eu-west-1.amazonaws.com'
  const offer = (header: unknown) => `aws-appsync-event-ws, header-${encode(header)}`
  const cases: [string, Value, string | undefined][] = [
    ['nothing', undefined, undefined],
    ['no header', 'graphql-ws', undefined],
    ['a token', offer({ host, Authorization: 'abc' }), 'abc'],
    ['a token with a scheme', offer({ host, Authorization: 'Bearer abc' }), 'abc'],
    ['in small letters', ['graphql-ws', `header-${encode({ host, authorization: 'abc>?>' })}`], 'abc>?>'],
    ['an API key', offer({ host, 'x-api-key': 'da2-x' }), undefined],
    [
      'a signature',
      offer({ host, 'x-amz-date': '20260101T000000Z', Authorization: 'AWS4-HMAC-SHA256 x' }),
      undefined,
    ],
    [
      'two headers',
      `${offer({ Authorization: 'abc' })}, header-${encode({ Authorization: 'abc' })}`,
      invalid,
    ],
    ['two tokens', offer({ Authorization: 'abc', authorization: 'def' }), invalid],
    ['no text', offer({ Authorization: ['abc'] }), invalid],
    ['two words', offer({ Authorization: 'abc def' }), invalid],
    ['no object', offer('abc'), invalid],
    ['null', offer(null), invalid],
    ['no JSON', 'header-abc', invalid],
    ['no base64', 'header-*', invalid],
  ]
  for (const [name, header, expected] of cases)
    t.equal(found(appSyncRealtime(), view({ 'sec-websocket-protocol': header })), expected, name)
  const url = `/graphql?header=${encodeURIComponent(Buffer.from('{"Authorization":"abc"}').toString('base64'))}&payload=e30=`
  t.equal(found(appSyncRealtime(), view({}, { url })), undefined, 'the query only where configured')
  t.equal(found(appSyncRealtime({ query: true }), view({}, { url })), 'abc')
  const twice = view({ 'sec-websocket-protocol': offer({ Authorization: 'abc' }) }, { url })
  t.equal(found(appSyncRealtime({ query: true }), twice), invalid)
})

t.test('queryToken', async t => {
  const cases: [string | undefined, string | undefined][] = [
    [undefined, undefined],
    ['/x', undefined],
    ['/x?', undefined],
    ['/x?a=1', undefined],
    ['/x?access_token=abc', 'abc'],
    ['/x?a=1&access_token=abc&b=2', 'abc'],
    ['/x?access_token=a%2Eb', 'a.b'],
    ['/access_token=abc', undefined],
    ['/x?Access_Token=abc', undefined],
    ['/x?access_token', invalid],
    ['/x?access_token=', invalid],
    ['/x?access_token=abc&access_token=abc', invalid],
    ['/x?access_token=abc&access%5ftoken=def', invalid],
    ['/x?access_token=a+b', invalid],
    ['/x?access_token=a%20b', invalid],
    ['/x?access_token=a,b', invalid],
  ]
  for (const [url, expected] of cases) {
    t.equal(found(queryToken(), view({}, url === undefined ? {} : { url })), expected, String(url))
  }
  t.equal(found(queryToken('t'), view({}, { url: '/?t=abc' })), 'abc')
})

t.test('webSocketProtocol', async t => {
  const cases: [Value, string | undefined][] = [
    [undefined, undefined],
    ['chat', undefined],
    ['bearer, abc', 'abc'],
    ['bearer,abc', 'abc'],
    ['chat, bearer, abc', 'abc'],
    ['bearer, abc, chat', 'abc'],
    [['bearer', 'abc'], 'abc'],
    ['Bearer, abc', undefined],
    ['bearer', invalid],
    ['bearer,', invalid],
    ['bearer, abc, bearer, def', invalid],
    ['bearer, bearer', invalid],
    ['bearer, a b', invalid],
  ]
  for (const [value, expected] of cases) {
    t.equal(
      found(webSocketProtocol(), view({ 'sec-websocket-protocol': value })),
      expected,
      JSON.stringify(value),
    )
  }
  t.equal(found(webSocketProtocol('jwt'), view({ 'sec-websocket-protocol': 'jwt, abc' })), 'abc')
})

t.test('firstOf', async t => {
  const source = firstOf(bearer(), cookie('id'), queryToken())
  const cases: [string, RequestView, string | undefined][] = [
    ['none', view({}), undefined],
    ['the first', view({ authorization: 'Bearer abc' }), 'abc'],
    ['the last', view({}, { url: '/?access_token=abc' }), 'abc'],
    ['twice the same', view({ authorization: 'Bearer abc' }, { url: '/?access_token=abc' }), 'abc'],
    ['two', view({ authorization: 'Bearer abc' }, { url: '/?access_token=def' }), invalid],
    ['one, and one that is none', view({ authorization: 'Bearer abc' }, { url: '/?access_token=' }), invalid],
    ['another scheme, and one', view({ authorization: 'Basic x' }, { url: '/?access_token=abc' }), 'abc'],
  ]
  for (const [name, request, expected] of cases) t.equal(found(source, request), expected, name)
})

t.test('wrong arguments are named', async t => {
  for (const name of [undefined, '', 'a b', 'a:b', 'a\r\nb', 'é', 1, null, 'a;b', 'a=b']) {
    t.throws(() => headerToken(name as string), new TypeError('headerToken: expected a name'))
    t.throws(() => cookie(name as string), new TypeError('cookie: expected a name'))
    t.throws(() => amplifyCookie(name as string), new TypeError('amplifyCookie: expected a name'))
    if (name === undefined) continue
    t.throws(() => queryToken(name as string), new TypeError('queryToken: expected a name'))
    t.throws(() => webSocketProtocol(name as string), new TypeError('webSocketProtocol: expected a name'))
  }
  const origin = 'must be an origin, such as https://app.example.com'
  const wrong: [object | null, string][] = [
    [null, 'cookie: options must be an object'],
    [{ origin: 'https://app.example' }, 'cookie: origin is not an option; known are origins'],
    [{ origins: [] }, 'cookie: origins must not be an empty list'],
    [{ origins: ['https://app.example/'] }, `cookie: origins has an entry that ${origin}`],
    ...[
      'https://app.example/x',
      'app.example',
      'null',
      '',
      '*',
      'https://APP.example',
      'https://app.example:443',
      1,
    ].map((origins): [object, string] => [{ origins }, `cookie: origins ${origin}`]),
  ]
  for (const [options, message] of wrong)
    t.throws(() => cookie('id', options as object), new TypeError(message))
  t.throws(() => amplifyCookie('1c', { tokenUse: 'refresh' as 'id' }), /tokenUse must be one of access, id/)
  t.throws(() => appSyncRealtime({ query: 1 as unknown as boolean }), /query must be true or false/)
  const one = cookie('id', { origins: 'https://app.example' })
  const from = (origin: string) => view({ cookie: 'id=abc', origin }, { method: 'POST' })
  t.equal(found(one, from('https://app.example')), 'abc')
  t.equal(found(one, from('https://app.exampl')), invalid)
  for (const sources of [[], [undefined], [bearer(), 'x']]) {
    t.throws(() => firstOf(...(sources as TokenSource[])), new TypeError('firstOf: expected token sources'))
  }
})
