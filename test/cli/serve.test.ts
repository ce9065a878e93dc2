import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, get, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { Ajv } from 'ajv'
import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { redisRevocations } from 'cognito-guard/redis'
import { createTestIssuer, serveTestIssuer } from 'cognito-guard/testing'
import { createClient } from 'redis'
import t, { type Test } from 'tap'
import { main } from '../../src/cli/main.js'
import { logTo } from '../../src/cli/serve/log.js'
import { metricsOf } from '../../src/cli/serve/metrics.js'
import { followerOf } from '../../src/cli/serve/revocations.js'
import { serveOn } from '../../src/cli/serve/server.js'
import { dynamoDouble } from '../dynamo-double.js'
import { start } from '../program.js'
import { needsRedis, redisServer } from '../revocation/redis-server.js'

const root = new URL('../../../', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'serve-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
writeFileSync(join(folder, 'key.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })))
writeFileSync(join(folder, 'key.txt'), 'no key')

let files = 0
function write(content: unknown): string {
  const file = join(folder, `guard-${files++}.json`)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

async function cli(args: readonly string[], env = {}) {
  const written = { out: '', err: '' }
  const code = await main(['serve', ...args], {
    stdin: (async function* () {})(),
    stdout: { write: text => (written.out += text) },
    stderr: { write: text => (written.err += text) },
    env,
  })
  return { code, ...written }
}

/** The mistakes that `--check` finds, without the name of the file. */
async function mistakesIn(content: unknown, env = {}): Promise<string[]> {
  const file = write(content)
  const { code, out, err } = await cli(['--config', file, '--check'], env)
  const lines = err.split('\n').filter(Boolean)
  if (code === 0 && lines.length === 0 && out === `${file}: nothing is wrong with it\n`) return []
  if (code !== 1 || lines.length === 0 || out !== '') throw new Error(`it ended with ${code}: ${out}${err}`)
  return lines.map(line => line.replace(`${file}: `, ''))
}

const pool = { userPool: { userPoolId: 'eu-west-1_AbCdEf123', clientId: '1example23456789' } }
const least = { issuers: { users: pool }, guards: { default: {} } }
const withGuard = (guard: object) => ({ ...least, guards: { default: guard } })
const withPolicy = (policy: unknown) => withGuard({ policy })
const withToken = (token: unknown) => withGuard({ token })
const withIssuer = (issuer: object) => ({ ...least, issuers: { users: issuer } })
const withPool = (options: object) => withIssuer({ userPool: { ...pool.userPool, ...options } })
const arn = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/my-app/0123456789abcdef'
const redis = { url: 'redis://127.0.0.1:1', staleAfter: 30, whenStale: 'refuse' }
const dynamodb = { table: 'revocations', staleAfter: 30, whenStale: 'accept' }

t.test('the frame', async t => {
  t.match(await cli(['--help']), { code: 0, out: /^Usage: cognito-guard serve/ })
  t.match(await cli([]), { code: 2, err: /--config is missing/ })
  t.match(await cli(['--config', join(folder, 'absent.json')]), { code: 2, err: /cannot be read/ })
  t.match(await cli(['--config', join(folder, 'absent.json'), '--check']), { code: 2, err: /cannot be read/ })
  t.match(await cli(['--config', write(least), '--listen', 'here']), {
    code: 2,
    err: /host:port or unix:path/,
  })
  t.match(
    await cli(['--config', write({})]),
    { code: 2, out: '', err: /issuers: is missing/ },
    'it does not start',
  )
  const published = readFileSync(new URL('guard.schema.json', root), 'utf8')
  t.same(JSON.parse((await cli(['--schema'])).out), JSON.parse(published), 'the published schema')
})

t.test('the schema and the check at start agree', async t => {
  const ajv = new Ajv({ strict: false, allErrors: true })
  const isValid = ajv.compile(JSON.parse((await cli(['--schema'])).out) as object)
  const good: readonly object[] = [
    least,
    { $schema: './node_modules/cognito-guard/guard.schema.json', ...least },
    { ...least, listen: '127.0.0.1:4180' },
    { ...least, listen: '[::1]:0' },
    { ...least, listen: 'unix:/run/guard.sock', socketMode: '0660' },
    { ...least, verifier: {} },
    { ...least, verifier: { clockTolerance: 0, cache: false } },
    { ...least, verifier: { cache: { maxTokens: 100 } } },
    { ...least, revocations: { redis } },
    { ...least, revocations: { redis: { ...redis, key: 'k', maxTokenLifetime: 3600, maxEntries: 10 } } },
    {
      ...least,
      revocations: {
        dynamodb: {
          ...dynamodb,
          list: 'l',
          pollEvery: 0.5,
          region: 'eu-west-1',
          endpoint: 'http://127.0.0.1:8000',
        },
      },
    },
    { ...least, routes: { '/*': 'default', '/a': 'default' } },
    { ...least, headers: 'remote', peers: 'unix', removeAuthorization: true },
    { ...least, peers: ['10.0.0.0/8', '::1'] },
    { ...least, assertion: { issuer: 'x' } },
    { ...least, metrics: { listen: '127.0.0.1:9464' } },
    { ...least, assertion: { issuer: 'x', audiences: { default: 'y' }, keyFile: 'key.pem' } },
    { ...least, assertion: { issuer: 'x', keyFile: ['key.jwk', 'key.pem'] } },
    withPool({
      tokenUse: ['access', 'id'],
      groupsFrom: 'roles',
      resource: 'x',
      requireResource: true,
      machineScope: 'a/b',
    }),
    withPool({
      groupsFrom: { text: 'custom:groups' },
      additionalRegions: ['eu-central-1'],
      fetchTimeout: 1.5,
    }),
    withPool({ jwks: createTestIssuer().jwks(), offline: true, insecureTestKeys: true }),
    withIssuer({ userPool: { userPoolId: 'eu-west-1_AbCdEf123', insecureSkipClientCheck: true } }),
    withIssuer({
      userPool: { userPoolId: 'eu-west-1_AbCdEf123', anyClient: true, resource: 'https://api.example.com' },
    }),
    withIssuer({ identityPool: { identityPoolId: 'eu-west-1:11111111-2222-3333-4444-555555555555' } }),
    withIssuer({
      oidcProvider: {
        issuer: 'https://accounts.google.com',
        audience: ['a', 'b'],
        algorithms: ['RS256', 'ES256'],
      },
    }),
    withIssuer({ loadBalancer: { loadBalancerArn: arn, issuer: 'x', clientId: 'y', groupsFrom: 'groups' } }),
    withIssuer({
      verifiedAccess: {
        instanceArn: 'arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0',
        issuer: 'x',
      },
    }),
    {
      issuers: { a: pool, b: pool },
      guards: { x: { issuers: ['a'] }, y: { issuers: ['b', 'a'] }, z: { issuers: ['a', 'b'] } },
    },
    withGuard({
      allowAnonymous: true,
      realm: 'shop',
      explain: false,
      resourceMetadata: 'https://api.example.com/.well-known/oauth-protected-resource',
    }),
    ...['isUser', 'isMachine', 'isGuest', 'isRead'].map(withPolicy),
    withPolicy({ hasScope: 'orders/read' }),
    withPolicy({ hasScope: ['a', 'b'] }),
    withPolicy({ inGroup: ['admin'] }),
    withPolicy({
      every: ['isUser', { some: [{ not: { inGroup: 'a' } }, 'isRead'] }, { signedInWithin: 900 }],
    }),
    withPolicy({ issuedWithin: 60 }),
    withPolicy({ federatedBy: 'Google' }),
    withPolicy({ withAssurance: ['urn:cognito:loa:2'] }),
    withToken('bearer'),
    withToken({ headerToken: 'x-amzn-oidc-data' }),
    withToken({ cookie: { name: 'session', origins: 'https://app.example.com' } }),
    withToken({ amplifyCookie: { clientId: 'abc', tokenUse: 'id' } }),
    withToken({ queryToken: 'access_token' }),
    withToken({ webSocketProtocol: 'bearer' }),
    withToken({ firstOf: ['bearer', { cookie: { name: 'session' } }] }),
  ]
  for (const file of good) {
    t.ok(isValid(file), `${JSON.stringify(file)} ${ajv.errorsText(isValid.errors)}`)
    t.same(await mistakesIn(file), [], JSON.stringify(file))
  }
  const bad: readonly [file: unknown, ...mistakes: string[]][] = [
    [[], 'the file: must be an object'],
    [null, 'the file: must be an object'],
    [{}, 'issuers: is missing', 'guards: is missing'],
    [{ ...least, gaurds: {} }, 'gaurds: is not known here: $schema, listen,'],
    [{ ...least, constructor: 1 }, 'constructor: is not known here'],
    [{ ...least, 'a b': 1 }, '["a b"]: is not known here'],
    [{ ...least, listen: 4180 }, 'listen: must be host:port or unix:path'],
    [{ ...least, listen: 'localhost' }, 'listen: must be host:port'],
    [{ ...least, listen: '127.0.0.1:65536' }, 'listen: must be host:port'],
    [{ ...least, socketMode: '999' }, 'socketMode: must be an octal mode'],
    [{ ...least, issuers: {} }, 'issuers: must not be empty'],
    [{ ...least, issuers: [] }, 'issuers: must be an object'],
    [{ ...least, issuers: { Users: pool } }, 'issuers.Users: must be named by a-z, 0-9 and -'],
    [withIssuer({}), 'issuers.users: must have exactly one of userPool, identityPool'],
    [
      withIssuer({ ...pool, identityPool: { identityPoolId: 'x' } }),
      'issuers.users: must have exactly one of',
    ],
    [
      withIssuer({ cognito: {} }),
      'issuers.users.cognito: is not known here: userPool, identityPool, oidcProvider',
    ],
    [{ ...least, issuers: { users: 'pool' } }, 'issuers.users: must be an object with one of'],
    [withIssuer({ userPool: {} }), 'issuers.users.userPool.userPoolId: is missing'],
    [withPool({ clientId: [] }), 'issuers.users.userPool.clientId: must not be an empty list'],
    [withPool({ clientId: ['a', ''] }), 'issuers.users.userPool.clientId[1]: must be a non-empty string'],
    [withPool({ tokenUse: 'refresh' }), 'issuers.users.userPool.tokenUse: must be one of access, id'],
    [withPool({ tokenUse: null }), 'issuers.users.userPool.tokenUse: must be one of access, id'],
    [withPool({ fetch: 'x' }), 'issuers.users.userPool.fetch: is not known here'],
    [
      withPool({ fetchTimeout: 0 }),
      'issuers.users.userPool.fetchTimeout: must be a number of seconds from 0.01 to 60',
    ],
    [
      withPool({ maxAge: '1' }),
      'issuers.users.userPool.maxAge: must be a number of seconds from 1 to 2592000',
    ],
    [withPool({ offline: 1 }), 'issuers.users.userPool.offline: must be true or false'],
    [withPool({ jwks: { keys: {} } }), 'issuers.users.userPool.jwks.keys: must be a list'],
    [withPool({ jwksUri: 'ftp://x' }), 'issuers.users.userPool.jwksUri: must be an http or https URL'],
    [
      withPool({ groupsFrom: { claim: 'x' } }),
      'issuers.users.userPool.groupsFrom.text: is missing',
      'issuers.users.userPool.groupsFrom.claim: is not known here: text',
    ],
    [
      { ...least, verifier: { clockTolerance: 301 } },
      'verifier.clockTolerance: must be a number of seconds from 0 to 300',
    ],
    [{ ...least, verifier: { cache: true } }, 'verifier.cache: must be false'],
    [
      { ...least, verifier: { cache: { maxTokens: 1.5 } } },
      'verifier.cache.maxTokens: must be a whole number from 1 to 10000000',
    ],
    [{ ...least, revocations: {} }, 'revocations: must have exactly one of redis, dynamodb'],
    [
      { ...least, revocations: { redis: { ...redis, whenStale: 'ignore' } } },
      'revocations.redis.whenStale: must be one of refuse, accept',
    ],
    [
      { ...least, revocations: { redis: { ...redis, url: 'http://x' } } },
      'revocations.redis.url: must be a redis: or rediss: URL',
    ],
    [
      { ...least, revocations: { dynamodb: {} } },
      'revocations.dynamodb.table: is missing',
      'revocations.dynamodb.staleAfter: is missing',
      'revocations.dynamodb.whenStale: is missing',
    ],
    [{ ...least, guards: {} }, 'guards: must not be empty'],
    [{ ...least, guards: { 'a/b': {} } }, 'guards["a/b"]: must be named by'],
    [withGuard({ issuers: [] }), 'guards.default.issuers: must not be an empty list'],
    [withGuard({ issuers: 'users' }), 'guards.default.issuers: must be a list'],
    [withGuard({ allowAnonymous: 'yes' }), 'guards.default.allowAnonymous: must be true or false'],
    [withGuard({ polcy: {} }), 'guards.default.polcy: is not known here: issuers, policy'],
    [withPolicy('isuser'), 'guards.default.policy: must be one of isUser, isMachine, isGuest, isRead'],
    [withPolicy(null), 'guards.default.policy: must be one of'],
    [withPolicy({}), 'guards.default.policy: must have exactly one of every, some, not'],
    [withPolicy({ isUser: true }), 'guards.default.policy.isUser: is not known here'],
    [withPolicy({ hasScope: 'a', inGroup: 'b' }), 'guards.default.policy: must have exactly one of'],
    [
      withPolicy({ every: ['isUser', { inGroup: [] }, { some: [{ hasScope: 5 }] }] }),
      'guards.default.policy.every[1].inGroup: must not be an empty list',
      'guards.default.policy.every[2].some[0].hasScope: must be a non-empty string',
    ],
    [withPolicy({ every: [] }), 'guards.default.policy.every: must not be an empty list'],
    [withPolicy({ not: ['isUser'] }), 'guards.default.policy.not: must be one of'],
    [
      withPolicy({ signedInWithin: 0 }),
      'guards.default.policy.signedInWithin: must be a number of seconds from 1',
    ],
    [withToken('cookie'), 'guards.default.token: must be one of bearer'],
    [withToken({ cookie: 'session' }), 'guards.default.token.cookie: must be an object'],
    [
      withToken({ firstOf: ['bearer', { header: 'x' }] }),
      'guards.default.token.firstOf[1].header: is not known here',
    ],
    [{ ...least, routes: { '/admin': 'a b' } }, 'routes["/admin"]: must be the name of a guard'],
    [{ ...least, routes: { admin: 'default' } }, 'routes.admin: must be named by a path'],
    [{ ...least, routes: {} }, 'routes: must not be empty'],
    [{ ...least, headers: 'x' }, 'headers: must be one of x-auth-request, remote'],
    [{ ...least, peers: [] }, 'peers: must not be an empty list'],
    [{ ...least, assertion: {} }, 'assertion.issuer: is missing'],
    [
      { ...least, assertion: { issuer: 'x', key: 'x' } },
      'assertion.key: is not known here: issuer, audiences, keyFile',
    ],
    [{ ...least, removeAuthorization: 0 }, 'removeAuthorization: must be true or false'],
  ]
  for (const [file, ...mistakes] of bad) {
    t.notOk(isValid(file), `the schema takes ${JSON.stringify(file)}`)
    const found = await mistakesIn(file)
    for (const mistake of mistakes)
      t.ok(
        found.some(line => line.startsWith(mistake)),
        `${mistake} of ${found.join(' | ')}`,
      )
    t.ok(found.length <= mistakes.length + 1, found.join(' | '))
  }
})

t.test('what only a factory knows is said of its place', async t => {
  const cases: readonly [file: object, ...mistakes: string[]][] = [
    [
      withPool({ userPoolId: 'eu-west-1' }),
      'issuers.users.userPool.userPoolId: must be a user pool ID, such as eu-west-1_AbCdEf123',
    ],
    [
      withPool({ userPoolId: 'cn-north-1_AbCdEf123' }),
      'issuers.users.userPool.userPoolId: is of a Region whose issuer is not documented',
    ],
    [
      withIssuer({ userPool: { userPoolId: 'eu-west-1_AbCdEf123' } }),
      'issuers.users.userPool: clientId is undefined',
    ],
    [
      withPool({ maxAge: 10, refreshAfter: 10 }),
      'issuers.users.userPool.maxAge: must be at least twice refreshAfter',
    ],
    [withPool({ jwksUri: 'http://x.example' }), 'issuers.users.userPool.jwksUri: must be an https URL'],
    [
      withPool({ jwks: { keys: Array.from({ length: 101 }, () => ({})) } }),
      'issuers.users.userPool.jwks: must be an object with a list "keys"',
    ],
    [
      withIssuer({ oidcProvider: { issuer: 'https://x.example', audience: 'y', algorithms: 'HS256' } }),
      'issuers.users.oidcProvider.algorithms: must be one of RS256',
    ],
    [
      {
        issuers: {
          a: { userPool: { ...pool.userPool, clientId: 'a-b' } },
          b: { loadBalancer: { loadBalancerArn: 'x', clientId: 'y', issuer: 'z' } },
        },
        guards: { x: { policy: { hasScope: 'a b' } } },
      },
      'issuers.a.userPool.clientId: must be an app client ID',
      'issuers.b.loadBalancer.loadBalancerArn: must be an ARN',
      'guards.x.policy.hasScope: expected scopes, each without spaces or quotes',
    ],
    [
      withPolicy({ every: ['isUser', { not: { withAssurance: 'a"b' } }] }),
      'guards.default.policy.every[1].not.withAssurance: expected acr values',
    ],
    [
      withToken({ firstOf: [{ headerToken: 'x y' }] }),
      'guards.default.token.firstOf[0].headerToken: expected a name',
    ],
    [
      withToken({ cookie: { name: 'session', origins: ['app.example.com'] } }),
      'guards.default.token.cookie.origins: has an entry that must be an origin',
    ],
    [withGuard({ realm: '"' }), 'guards.default.realm: must be printable ASCII'],
    [
      withGuard({ resourceMetadata: 'http://x.example' }),
      'guards.default.resourceMetadata: must be an https URL',
    ],
    [withGuard({ issuers: ['users', 'others'] }), 'guards.default.issuers[1]: is the name of no issuer'],
    [{ ...least, routes: { '/a': 'nobody' } }, 'routes: /a names no guard'],
    [{ ...least, routes: { '//a': 'default' } }, 'routes: //a must be a path'],
    [{ ...least, peers: ['10.0.0.0/99'] }, 'peers: has an entry that must be an address'],
    [{ ...least, peers: '0.0.0.0/0' }, 'peers: must not be everybody'],
    [
      { ...least, assertion: { issuer: 'x', audiences: { nobody: 'y' } } },
      'assertion: audiences names no guard: nobody',
    ],
    [{ ...least, assertion: { issuer: 'x', keyFile: 'absent.pem' } }, 'assertion.keyFile: cannot be read'],
    [
      { ...least, assertion: { issuer: 'x', keyFile: ['key.pem', 'key.txt'] } },
      'assertion.keyFile[1]: cannot be read, or holds neither PEM nor JSON',
    ],
    [
      { ...least, revocations: { dynamodb: { ...dynamodb, pollEvery: 20 } } },
      'revocations.dynamodb.pollEvery: must be at most half of staleAfter',
    ],
    [
      { ...least, revocations: { redis: { ...redis, url: undefined } } },
      'revocations.redis.url: is missing, and REDIS_URL is not set',
    ],
  ]
  for (const [file, ...mistakes] of cases) {
    const found = await mistakesIn(file)
    t.equal(found.length, mistakes.length, found.join(' | '))
    for (const [index, mistake] of mistakes.entries()) t.match(found[index], mistake)
  }
  t.same(
    await mistakesIn(
      { ...least, revocations: { redis: { ...redis, url: undefined } } },
      { REDIS_URL: 'redis://x' },
    ),
    [],
  )
})

t.test('a store needs its package', async t => {
  for (const [revocations, mistake] of [
    [{ redis }, 'revocations.redis: needs the package redis or ioredis: npm install redis'],
    [
      { dynamodb },
      'revocations.dynamodb: needs the package @aws-sdk/client-dynamodb: npm install @aws-sdk/client-dynamodb',
    ],
  ] as const) {
    const found: string[] = []
    const none = { env: {}, bases: [join(tmpdir(), 'nothing-is-installed-here', 'x.js')] }
    t.equal(
      followerOf(revocations as never, none, (place, problem) => found.push(`${place}: ${problem}`)),
      undefined,
    )
    t.same(found, [mistake])
  }
})

t.test('a text that is no JSON', async t => {
  const cases: readonly [text: string, mistake: string][] = [
    ['', 'line 1, column 1: ends too early'],
    ['{', 'line 1, column 2: expected a name in double quotes'],
    ['{\n  "a": 1,\n  "b" 2\n}', 'line 3, column 7: expected :'],
    ['{ "a": 1\n  "b": 2 }', 'line 2, column 3: expected , or }'],
    ['{ "a": [1 2] }', 'line 1, column 11: expected , or ]'],
    ['{ "a": [1,] }', 'line 1, column 11: expected a value'],
    ['{ "a": 1, }', 'line 1, column 11: expected a name in double quotes'],
    ["{ 'a': 1 }", 'line 1, column 3: expected a name in double quotes'],
    ['{ "a": tru }', 'line 1, column 8: expected a value'],
    ['{ "a": 01 }', 'line 1, column 9: expected , or }'],
    ['{ "a": "b\n" }', 'line 1, column 8: expected a string without line breaks'],
    ['{ "a": "\\x" }', 'line 1, column 8: expected a string'],
    ['{ // why\n }', 'line 1, column 3: expected a name'],
    ['{ "a": 1 } x', 'line 1, column 12: expected nothing more'],
    ['{\n "guards": {},\n "guards": {}\n}', 'line 3, column 2: guards is there twice'],
    ['{ "a": { "b": 1, "\\u0062": 2 } }', 'line 1, column 18: b is there twice'],
    ['{ "a": ', 'line 1, column 8: ends too early'],
    ['{ "a": [], "b": {}, "c": [{}, -1.5e3, null]', 'line 1, column 44: expected , or }'],
  ]
  for (const [text, mistake] of cases) {
    const found = await mistakesIn(text)
    t.equal(found.length, 1, text)
    t.ok(found[0]?.startsWith(mistake), `${mistake}: ${found.join(' | ')}`)
  }
  t.same(
    await mistakesIn(`\uFEFF${JSON.stringify(least, null, '\t')}\r\n`),
    [],
    'written by an editor of Windows',
  )
})

/** A served pool, its options for a file, and a server of `serve` in a process of its own. */
async function served(t: Test, more: object = {}, args: readonly string[] = ['--listen', '127.0.0.1:0']) {
  const issuer = createTestIssuer({ clock: Date })
  const { options, close } = await serveTestIssuer(issuer)
  t.teardown(close)
  const file = write({ ...least, issuers: { users: { userPool: options } }, ...more })
  const program = start('src/cli/main.js', ['serve', '--config', file, ...args])
  t.teardown(() => program.kill('SIGKILL'))
  const lines = (output: string) =>
    output
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as Record<string, unknown>)
  const output = await program.until('"event":"listening"')
  const address = lines(output).find(({ event }) => event === 'listening')?.address as string
  return { issuer, program, address, lines, url: `http://${address}` }
}

t.test('serves what the file says, and stops gracefully', async t => {
  const held: (() => void)[] = []
  const issuer = createTestIssuer({ clock: Date })
  let hold = false
  const keys = await listening(t, (_request, response) => {
    const answer = () =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(issuer.jwks()))
    if (hold) held.push(answer)
    else answer()
  })
  const { userPoolId, clientId } = issuer.options
  const loopback = { insecureLoopbackHttp: true, insecureTestKeys: true, fetchTimeout: 60 }
  const file = write({
    issuers: {
      users: { userPool: { userPoolId, clientId, jwksUri: `${keys}/users`, ...loopback } },
      others: {
        userPool: { userPoolId: 'eu-west-1_Others123', clientId, jwksUri: `${keys}/others`, ...loopback },
      },
    },
    guards: {
      default: {},
      admin: { policy: { inGroup: ['admin'] }, issuers: ['users'] },
      open: { allowAnonymous: true },
      cookies: { token: { firstOf: ['bearer', { cookie: { name: 'session' } }] } },
    },
    assertion: { issuer: 'https://guard.internal', keyFile: 'key.pem' },
  })
  const program = start('src/cli/main.js', ['serve', '--config', file, '--listen', '127.0.0.1:0'])
  t.teardown(() => program.kill('SIGKILL'))
  const output = await program.until('"event":"ready"')
  const url = `http://${(/"address":"(.*?)"/.exec(output) as RegExpExecArray)[1]}`
  const token = issuer.accessToken({ groups: ['readers'] })
  const check = async (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { headers })
  const authorization = `Bearer ${token}`
  t.equal((await check('/readyz')).status, 200)
  t.equal((await check('/healthz')).status, 200)
  const known = await check('/auth-request', { authorization })
  t.equal(known.status, 200)
  t.equal(known.headers.get('x-auth-request-groups'), 'readers')
  t.match(known.headers.get('x-auth-request-assertion'), /^ey/)
  t.equal((await check('/auth-request/admin', { authorization })).status, 403)
  t.equal((await check('/auth-request/open')).status, 200)
  t.equal(
    (await check('/auth-request/cookies', { cookie: `session=${token}`, 'x-original-method': 'GET' })).status,
    200,
  )
  t.equal((await check('/auth-request/nobody', { authorization })).status, 500)
  t.match(await (await check('/.well-known/jwks.json')).json(), { keys: [{ kty: 'EC', alg: 'ES256' }] })

  hold = true
  issuer.rotateKeys()
  const pending = check('/auth-request', { authorization: `Bearer ${issuer.accessToken()}` })
  while (held.length === 0) await new Promise(setImmediate)
  program.kill('SIGTERM')
  await program.until('"event":"stopping"')
  await t.rejects(check('/healthz'), 'it accepts no more')
  for (const answer of held) answer()
  t.equal((await pending).status, 200, 'what is in flight is answered')
  const ended = await program.closed
  t.equal(ended.code, 0)
  const lines = ended.output.split('\n').filter(Boolean)
  const events = lines.map(line => JSON.parse(line) as Record<string, unknown>)
  t.match(
    events.filter(({ event }) => event === 'decision'),
    [
      {
        dialect: 'auth-request',
        guard: 'default',
        outcome: 'authorized',
        status: 200,
        ms: Number,
        time: /^\d{4}-.*Z$/,
      },
      { guard: 'admin', outcome: 'refused', status: 403, code: 'ERR_PERMISSION_DENIED' },
      { guard: 'open', outcome: 'anonymous', status: 200 },
      { guard: 'cookies', outcome: 'authorized' },
      { outcome: 'misconfigured', status: 500 },
      { outcome: 'authorized' },
    ],
  )
  t.match(events.at(-1), { event: 'stopped' })
  t.ok(events.some(({ event, issuer }) => event === 'keys' && issuer === 'users'))
  t.notMatch(ended.output, 'eyJ')
  t.notMatch(ended.output, 'readers')
})

t.test('metrics, for Prometheus', async t => {
  const { issuer, program, url, lines } = await served(t, { metrics: { listen: '127.0.0.1:0' } })
  const listening = lines(await program.until('"event":"ready"')).find(({ event }) => event === 'listening')
  const metrics = `http://${listening?.metrics as string}`
  const authorization = `Bearer ${issuer.accessToken()}`
  for (let check = 0; check < 3; check++) await fetch(`${url}/auth-request`, { headers: { authorization } })
  await fetch(`${url}/auth-request`)
  const scraped = await (await fetch(`${metrics}/metrics`)).text()
  t.match(scraped, /^cognito_guard_decisions_total\{[^}]*outcome="allowed"[^}]*issuer="users"[^}]*\} /m)
  t.match(scraped, /^cognito_guard_decisions_total\{[^}]*code="ERR_TOKEN_MISSING"[^}]*\} 1\b/m)
  t.match(scraped, /^cognito_guard_keys_age\{[^}]*issuer="users"[^}]*\} /m)
  t.notMatch(scraped, 'eyJ')
  t.equal((await fetch(metrics)).status, 404)
  program.kill('SIGTERM')
  t.equal((await program.closed).code, 0)
})

t.test('metrics need their packages', t => {
  const found: string[] = []
  const bases = [join(tmpdir(), 'nothing-is-installed-here', 'x.js')]
  t.equal(
    metricsOf({ listen: '127.0.0.1:0' }, bases, (place, problem) => found.push(`${place}: ${problem}`)),
    undefined,
  )
  t.match(found, [/^metrics: needs three packages: npm install @opentelemetry\/api /])
  t.end()
})

t.test('goes on trying until keys are there', async t => {
  let isUp = false
  const issuer = createTestIssuer({ clock: Date })
  const keys = await listening(t, (_request, response) => {
    if (!isUp) response.statusCode = 500
    response.setHeader('content-type', 'application/json').end(JSON.stringify(issuer.jwks()))
  })
  const { userPoolId, clientId } = issuer.options
  const options = { userPoolId, clientId, jwksUri: keys, insecureLoopbackHttp: true, insecureTestKeys: true }
  const file = write({ ...least, issuers: { users: { userPool: options } } })
  const program = start('src/cli/main.js', ['serve', '--config', file, '--listen', '127.0.0.1:0'])
  t.teardown(() => program.kill('SIGKILL'))
  const output = await program.until('"event":"not_ready"')
  t.match(output, '"code":"ERR_KEYS_UNAVAILABLE"')
  const url = `http://${(/"address":"(.*?)"/.exec(output) as RegExpExecArray)[1]}`
  t.equal((await fetch(`${url}/readyz`)).status, 503)
  isUp = true
  await program.until('"event":"ready"')
  t.equal((await fetch(`${url}/readyz`)).status, 200)
  program.kill('SIGINT')
  t.equal((await program.closed).code, 0)
})

t.test('on a Unix socket', async t => {
  const path = join(folder, 'guard.sock')
  const left = createTcpServer().listen(path)
  await once(left, 'listening')
  const taken = await cli(['--config', write(least), '--listen', `unix:${path}`])
  t.match(taken, { code: 2, err: /cannot listen on unix:.*\(EADDRINUSE\)/ })
  // what is left of a process that was killed
  writeFileSync(
    join(folder, 'kill.mjs'),
    `import { createServer } from 'node:net'\ncreateServer().listen(process.argv[2], () => process.kill(process.pid, 'SIGKILL'))`,
  )
  await new Promise(resolve => left.close(resolve))
  const { spawnSync } = await import('node:child_process')
  spawnSync(process.execPath, [join(folder, 'kill.mjs'), path])
  t.ok(existsSync(path), 'the socket is still there')

  const { issuer, program, address } = await served(t, { listen: `unix:${path}`, socketMode: '600' }, [])
  t.equal(address, `unix:${path}`)
  t.equal(statSync(path).mode & 0o777, 0o600)
  await program.until('"event":"ready"')
  const status = await new Promise(resolve =>
    get(
      {
        socketPath: path,
        path: '/forward-auth',
        headers: { authorization: `Bearer ${issuer.accessToken()}` },
      },
      response => resolve(response.resume().statusCode),
    ),
  )
  t.equal(status, 200)
  program.kill('SIGTERM')
  t.equal((await program.closed).code, 0)
  t.notOk(existsSync(path), 'it is gone')

  const file = join(folder, 'no-socket')
  writeFileSync(file, '')
  t.match(await cli(['--config', write(least), '--listen', `unix:${file}`]), { code: 2, err: /EADDRINUSE/ })
  t.ok(existsSync(file), 'a file that is no socket stays')
})

t.test('where it cannot listen', async t => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  t.match(await cli(['--config', write(least), '--listen', `127.0.0.1:${port}`]), {
    code: 2,
    err: /cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)/,
  })
})

t.test('who does not let go is cut off', async t => {
  const server = await serveOn('[::1]:0', 0o600, () => {})
  t.match(server.address, /^\[::1\]:\d+$/)
  const socket = connect(Number(server.address.split(':').at(-1)), '::1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'connect')
  const closed = once(socket.resume(), 'close')
  await server.stop(50)
  await closed
})

t.test('revocations in DynamoDB', async t => {
  const endpoint = `http://127.0.0.1:${await dynamoDouble(t)}`
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' }
  const client = new DynamoDB({ endpoint, region: 'eu-west-1', credentials })
  t.teardown(() => client.destroy())
  await client.createTable({
    TableName: 'revocations',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'list', AttributeType: 'S' },
      { AttributeName: 'serial', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'list', KeyType: 'HASH' },
      { AttributeName: 'serial', KeyType: 'RANGE' },
    ],
  })
  process.env.AWS_ACCESS_KEY_ID = 'x'
  process.env.AWS_SECRET_ACCESS_KEY = 'x'
  const { issuer, program, url } = await served(t, {
    revocations: {
      dynamodb: {
        table: 'revocations',
        staleAfter: 20,
        whenStale: 'refuse',
        pollEvery: 0.1,
        region: 'eu-west-1',
        endpoint,
      },
    },
  })
  await program.until('"event":"ready"')
  const token = issuer.accessToken()
  const status = async () =>
    (await fetch(`${url}/auth-request`, { headers: { authorization: `Bearer ${token}` } })).status
  t.equal((await fetch(`${url}/readyz`)).status, 200)
  t.equal(await status(), 200)
  const list = dynamoRevocations({ client, table: 'revocations', staleAfter: 20, whenStale: 'refuse' })
  t.teardown(() => list.close())
  await list.ready()
  const { sub, iss } = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString())
  await list.revokeUser({ issuer: iss, subject: sub })
  while ((await status()) === 200) await new Promise(setImmediate)
  t.equal(await status(), 401)
  program.kill('SIGTERM')
  t.equal((await program.closed).code, 0)
})

/** Serves with a list in Redis, through a package that is installed beside the file. */
async function servedWith(t: Test, name: string, url: string, staleAfter: number) {
  const own = mkdtempSync(join(folder, `${name}-`))
  mkdirSync(join(own, 'node_modules'))
  symlinkSync(fileURLToPath(new URL(`node_modules/${name}`, root)), join(own, 'node_modules', name))
  const issuer = createTestIssuer({ clock: Date })
  const { options, close } = await serveTestIssuer(issuer)
  t.teardown(close)
  const file = join(own, 'guard.json')
  const revocations = { redis: { url, staleAfter, whenStale: 'refuse' } }
  writeFileSync(file, JSON.stringify({ ...least, issuers: { users: { userPool: options } }, revocations }))
  const program = start('src/cli/main.js', ['serve', '--config', file, '--listen', '127.0.0.1:0'])
  t.teardown(() => program.kill('SIGKILL'))
  const output = await program.until('"event":"listening"')
  const address = `http://${(/"address":"(.*?)"/.exec(output) as RegExpExecArray)[1]}`
  const statusOf = async (path: string, token = '') =>
    (await fetch(`${address}${path}`, { headers: { authorization: `Bearer ${token}` } })).status
  return { issuer, program, statusOf }
}

for (const name of ['redis', 'ioredis']) {
  t.test(`revocations in Redis by ${name}, which is out of reach`, async t => {
    const url = `redis://:secret@127.0.0.1:${await freePort()}`
    const { issuer, program, statusOf } = await servedWith(t, name, url, 1)
    await program.until('"event":"revocations_failed"')
    t.match(await program.until('"event":"not_ready"'), '"code":"ERR_REVOCATION_UNAVAILABLE"')
    t.equal(await statusOf('/readyz'), 503)
    t.equal(await statusOf('/auth-request', issuer.accessToken()), 503)
    program.kill('SIGTERM')
    const ended = await program.closed
    t.equal(ended.code, 0)
    t.notMatch(ended.output, 'secret')
  })

  t.test(`revocations in Redis by ${name}`, needsRedis, async t => {
    const { port } = await redisServer(t)
    const url = `redis://127.0.0.1:${port}`
    const { issuer, program, statusOf } = await servedWith(t, name, url, 30)
    await program.until('"event":"ready"')
    t.equal(await statusOf('/readyz'), 200)
    const token = issuer.accessToken()
    t.equal(await statusOf('/auth-request', token), 200)
    const client = createClient({ url })
    await client.connect()
    const list = redisRevocations({ client, staleAfter: 30, whenStale: 'refuse' })
    await list.ready()
    const { sub, iss } = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString())
    await list.revokeUser({ issuer: iss, subject: sub })
    while ((await statusOf('/auth-request', token)) === 200) await new Promise(setImmediate)
    t.equal(await statusOf('/auth-request', token), 401)
    list.close()
    client.destroy()
    program.kill('SIGTERM')
    t.equal((await program.closed).code, 0)
  })
}

t.test('what documentation and examples start', async t => {
  const page = readFileSync(new URL('docs/forward-auth.md', root), 'utf8')
  const [whole = '', ...parts] = Array.from(page.matchAll(/```json\n(.*?)```/gs), ([, json = '']) => json)
  t.same(await mistakesIn(whole), [], 'the file of the page')
  t.ok(parts.length > 1)
  for (const part of parts) {
    const file = { ...(JSON.parse(whole) as object), ...(JSON.parse(`{${part}}`) as object) }
    const known = JSON.stringify(file).replace(/"keyFile":\[.*?\]/, '"keyFile":"key.pem"')
    t.same(await mistakesIn(known), [], part)
  }
  const { bin, version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    bin: Record<string, string>
    version: string
  }
  const program = `node_modules/cognito-guard/${bin['cognito-guard']?.replace('./', '')}`
  const dockerfile = readFileSync(new URL('examples/forward-auth/Dockerfile', root), 'utf8')
  t.match(dockerfile, `cognito-guard@${version}\n`)
  t.match(dockerfile, '\nUSER node\n')
  const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] as string) as string[]
  t.same(entrypoint, ['node', program, 'serve', '--config', 'guard.json'], 'no shell')
  const unit = readFileSync(new URL('examples/forward-auth/cognito-guard.service', root), 'utf8')
  const commands = Array.from(unit.matchAll(/^Exec\w+=(.*)$/gm), ([, command = '']) => command.split(' '))
  t.equal(commands.length, 2)
  for (const [node, path, name, config, file, ...rest] of commands) {
    t.same(
      [node, path, name, config, file],
      [
        '/usr/bin/node',
        `/opt/cognito-guard/${program}`,
        'serve',
        '--config',
        '/etc/cognito-guard/guard.json',
      ],
    )
    t.equal(
      (await cli(['--config', write(whole), ...rest.filter(each => each !== '--check'), '--check'])).code,
      0,
      rest.join(' '),
    )
  }
})

t.test('a line of a fault says where, not what', async t => {
  let written = ''
  const log = logTo({ write: text => (written += text) })
  const event = {
    dialect: undefined,
    guard: 'x',
    outcome: 'fault',
    status: 500,
    code: undefined,
    hint: undefined,
    duration: 1.23456,
  } as const
  log.decision({ ...event, error: new TypeError('eyJ secret') })
  log.decision({ ...event, error: null })
  log.flush()
  log.flush()
  const [first, second] = written
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
  t.match(first, { outcome: 'fault', ms: 1.235, error: 'TypeError', at: [/^at /] })
  t.match(second, { error: 'undefined', at: [] })
  t.notMatch(written, 'secret')
})

async function listening(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
