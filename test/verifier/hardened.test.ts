import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { claimsOf, clientId, headerOf, own, token, userPoolId } from '../mint.js'

const run = promisify(execFile)

/** Node's switches for those who trust no dependency. Each must change nothing. */
const switches = [
  '--frozen-intrinsics',
  '--disable-proto=delete',
  '--disable-proto=throw',
  '--disallow-code-generation-from-strings',
]

const seconds = Math.floor(Date.now() / 1000)
const dates = { iat: seconds - 60, auth_time: seconds - 60, exp: seconds + 600 }
const tokens = {
  good: token(claimsOf(dates)),
  malformed: 'x',
  crowded: 'x'.repeat(20_000),
  twice: token('{"a":1,"a":1}'),
  proto: token('{"__proto__":{"a":1}}'),
  algorithm: token(claimsOf(dates), headerOf({ alg: 'none' })),
  issuer: token(claimsOf({ ...dates, iss: 'https://x.example' })),
  use: token(claimsOf({ ...dates, token_use: 'id' })),
  expired: token(claimsOf({ ...dates, exp: seconds - 60 })),
  early: token(claimsOf({ ...dates, nbf: seconds + 600 })),
  key: token(claimsOf(dates), headerOf({ kid: 'x' })),
  signature: `${token(claimsOf(dates)).slice(0, -8)}AAAAAAAA`,
}
const expected = {
  good: 200,
  malformed: 'ERR_TOKEN_MALFORMED 401',
  crowded: 'ERR_TOKEN_MALFORMED 401',
  twice: 'ERR_TOKEN_MALFORMED 401',
  proto: 'ERR_TOKEN_MALFORMED 401',
  algorithm: 'ERR_TOKEN_ALGORITHM 401',
  issuer: 'ERR_TOKEN_ISSUER 401',
  use: 'ERR_TOKEN_USE 401',
  expired: 'ERR_TOKEN_EXPIRED 401',
  early: 'ERR_TOKEN_NOT_YET_VALID 401',
  key: 'ERR_TOKEN_KEY 401',
  signature: 'ERR_TOKEN_SIGNATURE 401',
  denied: 'ERR_PERMISSION_DENIED 403',
  missing: 'ERR_TOKEN_MISSING 401',
  two: 'ERR_REQUEST_INVALID 400',
  thrown: 'ERR_TOKEN_MALFORMED AuthError: The token is not a well-formed signed JWT',
  again: 200,
  outage: 'ERR_KEYS_UNAVAILABLE 503',
}

/** Runs in the child: prints what becomes of each token. */
const program = (url: string) => `
  import { createGuard, createVerifier, hasScope, memoryRevocations, tenants, userPool } from '${url}'
  const { pool, tokens } = JSON.parse(process.argv.at(-1))
  const verifier = createVerifier({ issuers: [userPool(pool), tenants(() => undefined)], revocations: memoryRevocations() })
  const guard = createGuard({ verifier, explain: true })
  const decide = async (authorization, policy, by = guard) => {
    const { authorized, status, error, headers } = await by({ header: name => name === 'authorization' ? authorization : undefined }, policy)
    return authorized ? 200 : error.code + ' ' + status + (headers['Content-Type'] ? '' : ' no type')
  }
  const found = {}
  for (const [name, token] of Object.entries(tokens)) found[name] = await decide('Bearer ' + token)
  found.denied = await decide('Bearer ' + tokens.good, hasScope('x'))
  found.missing = await decide()
  found.two = await decide(['Bearer a', 'Bearer b'])
  found.thrown = await verifier.verify('x').catch(error => Object.assign(error, { extra: 1 }).code + ' ' + error)
  found.again = await decide('Bearer ' + tokens.good)
  const down = createVerifier({ issuers: [userPool({ ...pool, jwks: undefined, offline: undefined, fetch: async () => { throw new Error('down') } })] })
  found.outage = await decide('Bearer ' + tokens.good, undefined, createGuard({ verifier: down }))
  down.close()
  console.log(JSON.stringify(found))`

for (const flags of [[], ...switches.map(each => [each]), switches.filter(each => !each.endsWith('throw'))]) {
  t.test(`node ${flags.join(' ')}`, async t => {
    const input = JSON.stringify({
      pool: { userPoolId, clientId, jwks: { keys: [own.jwk] }, offline: true },
      tokens,
    })
    const source = program(new URL('../../src/index.js', import.meta.url).href)
    const { stdout } = await run(process.execPath, [
      ...flags,
      '--no-warnings',
      '--input-type=module',
      '-e',
      source,
      '--',
      input,
    ])
    t.same(JSON.parse(stdout), expected)
  })
}

t.test('every entry can be imported with frozen intrinsics', async t => {
  const entries = [
    'index',
    'testing/index',
    'revocation/redis',
    'revocation/dynamo',
    'credentials/credentials',
  ]
  const imports = entries.map(
    name => `await import('${new URL(`../../src/${name}.js`, import.meta.url).href}')`,
  )
  const adapters = ['express', 'koa', 'hono', 'fastify', 'fetch', 'lambda/index'].map(
    name => `await import('${new URL(`../../adapters/${name}.js`, import.meta.url).href}')`,
  )
  const source = [...imports, ...adapters, "console.log('loaded')"].join('\n')
  const { stdout } = await run(process.execPath, [
    '--frozen-intrinsics',
    '--no-warnings',
    '--input-type=module',
    '-e',
    source,
  ])
  t.equal(stdout, 'loaded\n')
})
