import {
  AuthError,
  createGuard,
  createVerifier,
  hasScope,
  inGroup,
  isUser,
  signedInWithin,
  userPool,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { keySetFix } from '../../../src/cli/key-set-fix.js'
import { printReport } from '../../../src/cli/print-report.js'
import { type InspectOptions, inspect } from '../../../src/devtools/inspect/inspect.js'
import { keySetError } from '../../../src/jwks/failure.js'
import {
  base64url,
  claimsOf,
  clientId,
  clock,
  foreign,
  headerOf,
  issuer,
  json,
  now,
  own,
  token,
  userPoolId,
} from '../../mint.js'

const pool = { userPoolId, clientId, jwks: { keys: [own.jwk] } }
const part = (value: object) => base64url(json(value))
const of = (claims: object) => token(claimsOf({ exp: now - 60, ...claims }))
const inRegion = (region: string) => issuer.replace('eu-west-1.', `${region}.`)
const good = token()
const opaque = `${'a'.repeat(20)}.b`
const withJwt = (name: string) => JSON.stringify({ [name]: good })
const balanced = `${part({ alg: 'ES256', kid: 'a', signer: 'arn:aws:elasticloadbalancing:eu-west-1:1:x' })}.${part({ sub: 'a' })}.${'a'.repeat(86)}`
const verified = `${part({ alg: 'ES384', kid: 'a', signer: 'arn:aws:ec2:eu-west-1:1:verified-access-instance/x' })}.${part({ sub: 'a' })}.${'a'.repeat(128)}`

t.test(
  'the first sentence of a refused token names the cause and what to do, and nothing else is to be fixed',
  async t => {
    const custom = { ...pool, issuer: 'https://auth.example.com' }
    const rows: [name: string, text: string, fix: RegExp, options?: InspectOptions][] = [
      [
        'option issuer in the way',
        of({}),
        /^The token is of the configured pool, but the option issuer .*: leave issuer out/,
        { userPool: custom },
      ],
      [
        'updated issuer, option issuer',
        of({ iss: issuer.replace('//', '//issuer-') }),
        /leave issuer out/,
        { userPool: { ...pool, issuer } },
      ],
      [
        'replica Region',
        of({ iss: inRegion('us-east-1') }),
        /^The token is of the configured pool, but of a replica .*additionalRegions/,
      ],
      [
        'updated issuer of a replica',
        of({ iss: inRegion('us-east-1').replace('//', '//issuer-') }),
        /updated issuer of another Region: /,
      ],
      [
        'trailing slash',
        of({ iss: `${issuer}/` }),
        /^The token is of the configured pool, but its iss ends in a slash/,
      ],
      [
        'domain of managed login',
        of({ iss: 'https://x.auth.eu-west-1.amazoncognito.com' }),
        /^The token names a domain of managed login/,
      ],
      [
        'custom domain',
        of({ iss: 'https://auth.example.com' }),
        /^The token names a domain of managed login/,
      ],
      [
        'another Region, same name',
        of({ iss: inRegion('us-east-1').replace('eu-west-1_', 'us-east-1_') }),
        /in its Region only: correct the Region in userPoolId/,
      ],
      ['another pool', of({ iss: `${issuer}x` }), /^The token is of the user pool "eu-west-1_Strict123x": /],
      [
        'local Cognito',
        of({ iss: `http://localhost:9400/${userPoolId}` }),
        /^The token is of a Cognito on a developer’s machine/,
      ],
      ['no issuer', of({ iss: 1 }), /^No user pool has issued this token: /],
      [
        'refresh token',
        `${part({ cty: 'JWT', enc: 'A256GCM', alg: 'RSA-OAEP' })}.b.c.d.e`,
        /^This is a refresh token, .*exchange it/,
      ],
      ['encrypted', `${part({ enc: 'A256GCM', alg: 'RSA-OAEP' })}.b.c.d.e`, /^This token is encrypted/],
      ['load balancer', balanced, /^This is what a load balancer signs/],
      ['verified access', verified, /^This is what AWS Verified Access signs/],
      [
        'identity pool',
        of({ iss: 'https://cognito-identity.amazonaws.com', token_use: undefined }),
        /^This is an OpenID token of an identity pool/,
      ],
      [
        'authorization code',
        'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
        /^This looks like an authorization code, .*exchange it/,
      ],
      ['opaque', opaque, /^This is not a JWT/],
      ['in quotes', `"${good}"`, /^The token is in quotes: .*parse the JSON/],
      ['Bearer twice', `Bearer Bearer ${good}`, /^Send one token, once: /],
      [
        'URL-encoded',
        `x=1&access_token=${good}`,
        /^The name of a parameter is left in front of the token: parse/,
      ],
      ['cut off', good.slice(0, -40), /^The token is cut off: send the whole token/],
      [
        'ID token',
        of({ token_use: 'id', aud: clientId }),
        /^This is an ID token; this API accepts access tokens\./,
      ],
      [
        'other client',
        of({ client_id: 'other' }),
        /^If the app client "other" may call this API, add it to clientId/,
      ],
      ['expired', of({}), /^Refresh the session/],
      [
        'stale bundled key set',
        token(claimsOf(), headerOf({ kid: foreign.jwk.kid }), foreign),
        /^The bundled key set .*keys pull/,
      ],
      ['no token', '', /^Send the access token where the guard reads it/],
    ]
    for (const [name, text, fix, options] of rows) {
      const report = await inspect(text, { userPool: pool, clock, ...options })
      t.match(report.cause?.fix ?? '', fix, name)
      t.equal(report.cause?.page, `docs/errors.md#${report.code?.toLowerCase()}`, `${name}: its page`)
      const printed = printReport(report)
      t.equal(printed.split('To fix').length, 2, `${name}: one fix`)
    }
    t.match((await inspect(of({ iss: `${issuer}x` }), { userPool: pool, clock })).cause, {
      alsoFailed: ['not expired'],
    })
    t.match(
      (await inspect(balanced)).cause,
      { fix: /^This is what a load balancer signs/ },
      'nothing configured',
    )
    t.notOk((await inspect(good, { userPool: pool, clock })).cause, 'nothing is wrong')
  },
)

t.test('what tools answer to a sign-in is taken apart', async t => {
  const rows: [text: string, kind: RegExp][] = [
    [withJwt('access_token'), /access token/],
    [withJwt('id_token'), /ID token/],
    [withJwt('refresh_token'), /refresh token/],
    [JSON.stringify({ AuthenticationResult: { AccessToken: good, IdToken: 'x' } }), /access token/],
    [JSON.stringify({ tokens: { accessToken: { payload: {}, jwtToken: good } } }), /access token/],
  ]
  for (const [text, input] of rows)
    t.match(await inspect(text, { userPool: pool, clock }), { verdict: 'accepted', input }, text.slice(0, 30))
  t.match(await inspect('{"x":1}'), { input: 'JSON, but no event' })
  const bySdk = await inspect(token(claimsOf({ scope: 'aws.cognito.signin.user.admin' })), {
    userPool: pool,
    clock,
  })
  t.match(bySdk.findings, [{ what: /signed in by SDK/, fix: /managed login/ }])
})

t.test('the policy says what the token lacks', async t => {
  const signer = createTestIssuer({ clock })
  const verifier = createVerifier({ issuers: [userPool(signer.options)], clock })
  const guard = createGuard({ verifier, explain: true })
  const asked = (policy: Parameters<typeof guard>[1], text: string | undefined) =>
    guard({ header: () => text && `Bearer ${text}` }, policy)
  const user = signer.accessToken({ groups: ['Admin'] })
  t.match(await asked(hasScope('a/b'), user), {
    body: {
      hint: /^The token lacks a scope.*aws\.cognito\.signin\.user\.admin/,
      page: 'docs/errors.md#err_permission_denied',
    },
  })
  t.match(await asked(inGroup('admin'), user), { body: { hint: /differ in case/ } })
  t.match(await asked(isUser, signer.machineToken({ scopes: ['a/b'] })), {
    body: { hint: /a user where this is a machine/ },
  })
  const old = signer.accessToken({ claims: { auth_time: now - 5_000 } })
  t.match(await asked(signedInWithin(60), old), { body: { hint: /^The sign-in is too old/ } })
  t.match(await asked(undefined, undefined), {
    body: { hint: /cookie\(name\), webSocketProtocol\(\) or queryToken\(\)/ },
  })
  t.match(new AuthError('ERR_TOKEN_ISSUER').hint, /additionalRegions/)
})

t.test('the network: doctor and keys pull say the same', t => {
  const proxied = { HTTPS_PROXY: 'http://127.0.0.1:1' }
  const rows: [error: ReturnType<typeof keySetError>, fix: RegExp, env?: Record<string, string>][] = [
    [keySetError('dns'), /^The name of the host is not found: check the Region/],
    [keySetError('connect'), /^There is no way to the host: in a VPC/],
    [keySetError('timeout'), /^The host does not answer: in a VPC/],
    [
      keySetError('timeout'),
      /^HTTPS_PROXY is set, but Node\.js does not use it: set NODE_USE_ENV_PROXY=1/,
      proxied,
    ],
    [keySetError('connect'), /^HTTPS_PROXY is set, but/, { https_proxy: 'x' }],
    [keySetError('connect'), /^There is no way/, { ...proxied, NODE_USE_ENV_PROXY: '1' }],
    [keySetError('tls'), /NODE_EXTRA_CA_CERTS/, proxied],
    [keySetError('status', { status: 403 }), /^The key set is forbidden: a proxy or firewall/],
    [keySetError('status', { status: 404 }), /^There is no key set for this user pool: compare/],
    [keySetError('status', { status: 407 }), /^A proxy asks for credentials/],
    [keySetError('status', { status: 503 }), /^The host has trouble/],
    [keySetError('status', { status: 429 }), /^The host has trouble/],
    [keySetError('status', { status: 418 }), /^What answers is not Cognito/],
    [keySetError('body'), /^What answers is not Cognito: /],
  ]
  for (const [error, fix, env = {}] of rows)
    t.match(keySetFix(error, env), fix, `${error.reason} ${error.status ?? ''}`)
  t.end()
})

t.test('start-up errors say what the value is instead', t => {
  const pools: [value: string, problem: RegExp][] = [
    [`${userPoolId}\r`, /CRLF; save that with LF$/],
    [` ${userPoolId}`, /blanks around it; trim it$/],
    [`"${userPoolId}"`, /in quotes, which Docker/],
    [`${userPoolId},eu-west-1_b`, /list with commas; split it/],
    [`arn:aws:cognito-idp:eu-west-1:111122223333:userpool/${userPoolId}`, /an ARN; the ID is what follows/],
    [issuer, /a URL; the ID is what follows/],
    ['eu-west-1:11111111-2222-3333-4444-555555555555', /an identity pool ID; use/],
    ['${USER_POOL_ID}', /a placeholder/],
    ['a b', /holds a blank/],
    ['x', /such as eu-west-1_AbCdEf123$/],
  ]
  for (const [value, message] of pools)
    t.throws(() => userPool({ ...pool, userPoolId: value }), { name: 'TypeError', message }, value)
  t.throws(() => userPool({ ...pool, clientId: 'a,b' }), { message: /clientId .*list with commas/ })
  t.throws(() => userPool({ ...pool, additionalRegions: 'us-east-1 ' }), {
    message: /additionalRegions .*trim it/,
  })
  const issuers = [userPool(pool)]
  t.throws(() => createVerifier({ issuers, clockTolerance: 5_000 }), {
    message: /in milliseconds; divide it by 1000$/,
  })
  t.throws(() => createVerifier({ issuers, clockTolerance: '5' as never }), { message: /a text; convert it/ })
  t.throws(() => createVerifier({ issuers, clock: { now: () => now } }), {
    message: /tells seconds; multiply by 1000/,
  })
  t.end()
})
