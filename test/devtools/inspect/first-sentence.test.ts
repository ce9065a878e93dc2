import {
  amplifyCookie,
  appSyncRealtime,
  bearer,
  behindLoadBalancer,
  cookie,
  createGuard,
  createVerifier,
  demand,
  federatedBy,
  firstOf,
  hasScope,
  headerToken,
  identityPool,
  inGroup,
  isMachine,
  isRead,
  issuedWithin,
  isUser,
  type Policy,
  queryToken,
  type RequestView,
  signedInWithin,
  type TokenSource,
  userPool,
  verifiedAccess,
  webSocketProtocol,
  withAssurance,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { type FetchFailure, keySetFix, pullFix } from '../../../src/cli/key-set-fix.js'
import { printReport } from '../../../src/cli/print-report.js'
import { type InspectOptions, inspect } from '../../../src/devtools/inspect/inspect.js'
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

type Row<S> = readonly [setUp: string, given: S, first: string]

const schemeTwice =
  'The word Bearer is there twice: leave away the one that the app adds, or the one that is in its variable already.'
const schemeOnly =
  'Nothing follows the word Bearer: the app has no token yet, or the variable that it takes it from is not set.'
const noTokenYet = (word: string) =>
  `The app sent the word ${word}: it has no token yet; let it wait until the sign-in is done, and look at the name that it reads the token from.`
const anObject = 'An object was turned into text: send the text of its access token.'
const unexpanded =
  'The shell variable was not expanded: put the header in double quotes, and write $NAME in a POSIX shell, $env:NAME in PowerShell, %NAME% in cmd.exe.'
const nothingCame =
  'Nothing came in: give the token, its header or the event on standard input, as in: pbpaste | cognito-guard inspect.'
const otherLocal =
  'The token is of another local user pool or Region than configured, or of another address: compare its iss with what cognito-guard dev prints, and set userPoolId and issuer as that says.'
const restEvent = (authorization: string) => ({ httpMethod: 'GET', headers: { authorization } })

let count = 0
t.teardown(() => t.comment(`${count} set-ups`))

/** Up to the first full stop that ends a sentence. */
const firstOfText = (text: string) => /^.*?[.](?= |$)/.exec(text)?.[0] ?? text

const pool = { userPoolId, clientId, jwks: { keys: [own.jwk] } }
const part = (value: object) => base64url(json(value))
const of = (claims: object) => token(claimsOf({ exp: now - 60, ...claims }))
const inRegion = (region: string) => issuer.replace('eu-west-1.', `${region}.`)
const good = token()
const signed = (alg: string, signer: string, length: number) =>
  `${part({ alg, kid: 'a', signer })}.${part({ sub: 'a' })}.${'a'.repeat(length)}`
const balanced = signed('ES256', 'arn:aws:elasticloadbalancing:eu-west-1:1:x', 86)
const ofVerifiedAccess = signed('ES384', 'arn:aws:ec2:eu-west-1:1:verified-access-instance/x', 128)

t.test('a token, as inspect sees it', async t => {
  const published = async () => Response.json({ keys: [own.jwk] })
  const custom = { userPool: { ...pool, issuer: 'https://auth.example.com' } }
  const ofLocalPool = { userPool: { ...pool, userPoolId: 'us-east-1_LOCALDEV0' } }
  const rows: Row<string | readonly [text: string, options: InspectOptions]>[] = [
    [
      'option issuer in the way',
      [of({}), custom],
      'The token is of the configured pool, but the option issuer names another iss: leave issuer out, it follows from userPoolId (also behind a custom domain).',
    ],
    [
      'updated issuer, option issuer',
      [of({ iss: issuer.replace('//', '//issuer-') }), { userPool: { ...pool, issuer } }],
      'The token is of the configured pool, but the option issuer names another iss: leave issuer out, it follows from userPoolId (also behind a custom domain).',
    ],
    [
      'replica Region',
      of({ iss: inRegion('us-east-1') }),
      'The token is of the configured pool, but of a replica in another Region: name that Region in additionalRegions.',
    ],
    [
      'updated issuer of a replica',
      of({ iss: inRegion('us-east-1').replace('//', '//issuer-') }),
      'The token is of the configured pool, but names the updated issuer of another Region: configure that iss with the option issuer.',
    ],
    [
      'trailing slash',
      of({ iss: `${issuer}/` }),
      'The token is of the configured pool, but its iss ends in a slash, which Cognito never writes: correct what makes the token.',
    ],
    [
      'domain of managed login',
      of({ iss: 'https://x.auth.eu-west-1.amazoncognito.com' }),
      'The token names a domain of managed login as its issuer, where Cognito names the pool (a custom domain changes nothing): take the access token that Cognito gives to the app.',
    ],
    [
      'custom domain',
      of({ iss: 'https://auth.example.com' }),
      'The token names a domain of managed login as its issuer, where Cognito names the pool (a custom domain changes nothing): take the access token that Cognito gives to the app.',
    ],
    [
      'another Region of the same name',
      of({ iss: inRegion('us-east-1').replace('eu-west-1_', 'us-east-1_') }),
      'The token is of the user pool "us-east-1_Strict123", which differs from the one that is configured in its Region only: correct the Region in userPoolId.',
    ],
    [
      'pool in another case',
      of({ iss: issuer.replace('Strict', 'strict') }),
      'The token is of the user pool "eu-west-1_strict123", which differs from the one that is configured in capital letters only: copy the ID into userPoolId.',
    ],
    [
      'another pool',
      of({ iss: `${issuer}x` }),
      'The token is of the user pool "eu-west-1_Strict123x": sign in to the one that is configured, or configure this one if the API is to trust it.',
    ],
    [
      'another pool, no pool configured',
      [
        of({ iss: `${issuer}x` }),
        {
          userPool: undefined,
          identityPool: { identityPoolId: 'eu-west-1:00000000-0000-0000-0000-000000000000' },
        },
      ],
      'This is a token of a user pool, and none is configured: give --user-pool-id and --client-id, or send the token of what is configured.',
    ],
    [
      'cognito-guard dev in production',
      of({ iss: `http://localhost:9400/${userPoolId}` }),
      'The token is of a Cognito on a developer’s machine (cognito-guard dev or an emulator): sign in to the user pool that is configured, and never trust this one in production.',
    ],
    [
      'cognito-guard dev under its own name',
      of({ iss: inRegion('us-east-1').replace(userPoolId, 'us-east-1_LOCALDEV0') }),
      'The token is of a Cognito on a developer’s machine (cognito-guard dev or an emulator): sign in to the user pool that is configured, and never trust this one in production.',
    ],
    [
      'cognito-guard dev under the name of the pool',
      [
        token(claimsOf(), headerOf({ kid: foreign.jwk.kid }), foreign),
        { userPool: { userPoolId, clientId, fetch: published }, network: true },
      ],
      'The issuer does not publish this key: the token is of an emulator that uses the name of the pool (cognito-guard dev), of a pool that was made anew, or made up; sign in again, to the pool itself.',
    ],
    [
      'error of InitiateAuth',
      '{"__type":"NotAuthorizedException","message":"Incorrect username or password."}',
      'The sign-in has failed and given no token: see what the error says, and sign in again.',
    ],
    [
      'dev with TLS',
      of({ iss: `https://127.0.0.1:9400/${userPoolId}` }),
      'The token is of a Cognito on a developer’s machine (cognito-guard dev or an emulator): sign in to the user pool that is configured, and never trust this one in production.',
    ],
    [
      'Google',
      of({ iss: 'https://accounts.google.com', token_use: undefined }),
      'No user pool has issued this token, but the provider that its user signed in with: send the access token that Cognito gives after that sign-in, or trust the provider with oidcProvider.',
    ],
    [
      'AWS workload',
      of({ iss: 'https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF' }),
      'A workload of AWS has sent a token of its own: trust this issuer with awsWorkload if it may call the API, and authorize it by its role or service account.',
    ],
    [
      'no issuer',
      of({ iss: 1 }),
      'No user pool has issued this token: take the access token that Cognito gives to the app.',
    ],
    [
      'refresh token',
      `${part({ cty: 'JWT', enc: 'A256GCM', alg: 'RSA-OAEP' })}.b.c.d.e`,
      'This is a refresh token, which only Cognito can read: exchange it at /oauth2/token (or by InitiateAuth) and send the access token.',
    ],
    [
      'encrypted',
      `${part({ enc: 'A256GCM', alg: 'RSA-OAEP' })}.b.c.d.e`,
      'This token is encrypted and can be read by its receiver only: send the access token that Cognito gives to the app.',
    ],
    [
      'load balancer data',
      balanced,
      'This is what a load balancer signs (x-amzn-oidc-data), not a token of the user pool: configure the load balancer (--load-balancer-arn), or send the access token.',
    ],
    [
      'Verified Access',
      ofVerifiedAccess,
      'This is what AWS Verified Access signs (x-amzn-ava-user-context), not a token of the user pool: trust it with verifiedAccess, or send the access token.',
    ],
    [
      'identity pool',
      of({ iss: 'https://cognito-identity.amazonaws.com', token_use: undefined }),
      'This is an OpenID token of an identity pool, not of the user pool: configure the identity pool (--identity-pool-id), or send the access token of the user pool.',
    ],
    [
      'authorization code',
      'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      'This looks like an authorization code, which is no token: exchange it once at /oauth2/token and send the access token.',
    ],
    [
      'opaque',
      `${'a'.repeat(20)}.b`,
      'This is not a JWT, and nothing in it can be read: send the access token that Cognito gives to the app.',
    ],
    [
      'in quotes',
      `"${good}"`,
      'The token is in quotes: it was probably taken from JSON as text: parse the JSON (jq -r), and do not quote the token in a header.',
    ],
    [
      'JSON escapes',
      `\\"${good}\\"`,
      'The token is in quotes: it was probably taken from JSON as text: parse the JSON (jq -r), and do not quote the token in a header.',
    ],
    ['Bearer twice', `Bearer Bearer ${good}`, schemeTwice],
    ['Bearer twice in a header', `GET / HTTP/1.1\nAuthorization: bearer  Bearer ${good}`, schemeTwice],
    ['Bearer twice in an event', JSON.stringify({ ...restEvent(`Bearer Bearer ${good}`) }), schemeTwice],
    ['nothing after Bearer', 'Bearer ', schemeOnly],
    ['nothing after Bearer in a header', 'Authorization: Bearer', schemeOnly],
    ...['undefined', 'null', 'None', 'NaN', '(null)'].flatMap(word =>
      [word, `Bearer ${word}`, `Authorization: Bearer ${word}`, `"${word}"`, `Bearer Bearer ${word}`].map(
        text => [text, text, noTokenYet(word)] as const,
      ),
    ),
    ...[
      '[object Object]',
      'Bearer [object Object]',
      'Authorization: Bearer [object Object],[object Map]',
    ].map(text => [text, text, anObject] as const),
    [
      'a Promise',
      'Bearer [object Promise]',
      'A Promise was turned into text: await it, and send the text of the access token that it resolves to.',
    ],
    ...[
      '$ACCESS_TOKEN',
      '${TOKEN}',
      '$(cat token.txt)',
      '%TOKEN%',
      '$env:TOKEN',
      '!TOKEN!',
      '${{ secrets.T }}',
    ].flatMap(word =>
      [word, `Bearer ${word}`, `Authorization: Bearer ${word}\nAccept: */*`].map(
        text => [text, text, unexpanded] as const,
      ),
    ),
    ...[
      '<token>',
      '<access token>',
      '{{token}}',
      '{token}',
      'YOUR_ACCESS_TOKEN',
      'your-token-here',
      'token',
      '...',
      '…',
      '[token]',
    ].flatMap(word =>
      [word, `Bearer ${word}`].map(
        text => [text, text, 'This is a placeholder: put the access token in its place.'] as const,
      ),
    ),
    [
      'exp and iat in milliseconds',
      of({ exp: now * 1_000, iat: now * 1_000 - 1 }),
      'The token has exp, iat in milliseconds, where a JWT has seconds since 1970 (RFC 7519 section 2): divide by 1000 where the token is made, as in Math.floor(Date.now() / 1000).',
    ],
    [
      'iat in milliseconds, of long ago',
      of({ exp: now + 60, iat: 200_000_000_000 }),
      'The token has iat in milliseconds, where a JWT has seconds since 1970 (RFC 7519 section 2): divide by 1000 where the token is made, as in Math.floor(Date.now() / 1000).',
    ],
    [
      'another local pool',
      [of({ iss: inRegion('us-east-1').replace(userPoolId, 'us-east-1_LOCALDEV1') }), ofLocalPool],
      'The token is of the user pool "us-east-1_LOCALDEV1": sign in to the one that is configured, or configure this one if the API is to trust it.',
    ],
    [
      'another Region of the local pool',
      [of({ iss: inRegion('eu-west-1').replace(userPoolId, 'eu-west-1_LOCALDEV0') }), ofLocalPool],
      'The token is of the user pool "eu-west-1_LOCALDEV0", which differs from the one that is configured in its Region only: correct the Region in userPoolId.',
    ],
    [
      'address of a local pool',
      [of({ iss: 'http://localhost:9400/us-east-1_LOCALDEV0' }), ofLocalPool],
      otherLocal,
    ],
    [
      'another local address',
      [
        of({ iss: 'http://localhost:9400/us-east-1_LOCALDEV0' }),
        {
          userPool: {
            ...pool,
            issuer: 'http://127.0.0.1:9400/us-east-1_LOCALDEV0',
            insecureLoopbackHttp: true,
          },
        },
      ],
      otherLocal,
    ],
    [
      'Google at a local pool',
      [of({ iss: 'https://accounts.google.com' }), ofLocalPool],
      'No user pool has issued this token, but the provider that its user signed in with: send the access token that Cognito gives after that sign-in, or trust the provider with oidcProvider.',
    ],
    [
      'parameter of a URL',
      `x=1&access_token=${good}`,
      'The name of a parameter is left in front of the token: parse the query, the fragment or the cookie, and take the value of the parameter.',
    ],
    [
      'URL-encoded',
      good.replaceAll('.', '%2E'),
      'The token is URL-encoded: decode it once where you take it from a URL or a cookie; in a header it is sent as it is.',
    ],
    [
      'line break in it',
      good.replace('.', '.\n'),
      'There is white space in the token, or a character that takes no room: trim what you read from files, environment variables and terminals; do not wrap lines (base64 -w 0).',
    ],
    [
      'cut off',
      good.slice(0, -40),
      'The token is cut off: send the whole token, not what a terminal, log or column has shortened.',
    ],
    [
      'ID token',
      of({ token_use: 'id', aud: clientId }),
      'This is an ID token; this API accepts access tokens: send the one that came with it.',
    ],
    [
      'other client',
      of({ client_id: 'other' }),
      'The token was issued to the app client "other": add that to clientId if it may call this API, else sign in through one that may.',
    ],
    [
      'other resource',
      of({ aud: 'https://x.example' }),
      'The token is for another resource: if "https://x.example" is this API, name it in the option resource; else ask for a token for this API.',
    ],
    ['expired', of({}), 'The token has expired: refresh the session and send the new token.'],
    [
      'not yet valid',
      of({ exp: now + 900, iat: now + 500 }),
      'Set the clock of this machine (NTP): the issuer is ahead of it.',
    ],
    [
      'changed after signing',
      `${good.slice(0, -12)}AAAAAAAAAAAA`,
      'The token was changed after it was signed, or signed by somebody else: send it as it was issued.',
    ],
    [
      'stale bundled key set',
      token(claimsOf(), headerOf({ kid: foreign.jwk.kid }), foreign),
      'The bundled key set (jwks) lacks this key and is probably stale: write it anew with cognito-guard keys pull.',
    ],
    ['nothing', '', nothingCame],
    ['a line break alone', '\r\n', nothingCame],
    [
      'challenge of a sign-in',
      '{"ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"x"}',
      'The sign-in asks for a challenge and has given no token yet: answer it with RespondToAuthChallenge, and take the access token of that.',
    ],
    [
      'error of a sign-in',
      '{"error":"invalid_grant"}',
      'The sign-in has failed and given no token: see what the error says, and sign in again.',
    ],
    [
      'other JSON',
      '{"x":1}',
      'This JSON is neither an event nor the answer to a sign-in: give the token in it by itself.',
    ],
  ]
  for (const [setUp, given, first] of rows) {
    const [text, options] = typeof given === 'string' ? [given, {}] : given
    const report = await inspect(text, { userPool: pool, clock, ...options })
    is(t, setUp, report.cause?.fix, first)
    t.equal(report.cause?.page, `docs/errors.md#${report.code?.toLowerCase()}`, `${setUp}: its page`)
    const fixes = report.checks.flatMap(({ fix }) => fix ?? [])
    t.same(fixes, [report.cause?.fix], `${setUp}: one fix in its JSON`)
    t.equal(printReport(report).split(report.cause?.fix as string).length, 2, `${setUp}: printed once`)
  }
  const several = await inspect(of({ iss: `${issuer}x` }), { userPool: pool, clock })
  t.match(several.cause, { alsoFailed: ['not expired'] })
  t.match(printReport(several), /\n {8}Also failed, to look at when that is fixed: not expired\n/)
  t.notMatch(printReport(await inspect(`"${good}"`, { userPool: pool, clock })), /To know/)
  t.match(
    (await inspect(balanced)).cause,
    { fix: /^This is what a load balancer signs/ },
    'nothing configured',
  )
  t.notOk((await inspect(good, { userPool: pool, clock })).cause, 'nothing is wrong')
})

t.test('what tools answer to a sign-in, and cookies', async t => {
  const id = token(claimsOf({ token_use: 'id', aud: clientId, client_id: undefined }))
  const amplify = `CognitoIdentityServiceProvider.${clientId}.alice`
  const rows: [text: string, input: string][] = [
    [JSON.stringify({ access_token: good, id_token: id }), 'the answer to a sign-in; its access token'],
    [
      JSON.stringify({ refreshToken: 'x', idToken: id, accessToken: good }),
      'the answer to a sign-in; its access token',
    ],
    [
      JSON.stringify({ ChallengeParameters: {}, AuthenticationResult: { IdToken: id, AccessToken: good } }),
      'the answer to a sign-in; its access token',
    ],
    [
      JSON.stringify({ tokens: { accessToken: { payload: {}, jwtToken: good } } }),
      'the answer to a sign-in; its access token',
    ],
    [
      JSON.stringify({ [`${amplify}.idToken`]: id, [`${amplify}.accessToken`]: good }),
      'the answer to a sign-in; its access token',
    ],
    [JSON.stringify({ id_token: good }), 'the answer to a sign-in; its ID token'],
    [JSON.stringify({ refresh_token: good }), 'the answer to a sign-in; its refresh token'],
    [`Cookie: theme=dark; session=${good}`, 'headers; the token in a cookie'],
    [`Set-Cookie: access=${good}; Path=/; HttpOnly`, 'headers; the token in a cookie'],
    [
      `theme=dark; ${amplify}.idToken=${id}; ${amplify}.accessToken=${good}`,
      'cookies; the token in a cookie',
    ],
    [
      JSON.stringify({
        version: '2.0',
        requestContext: { http: {} },
        headers: {},
        cookies: [`access=${good}`, 'a=b'],
      }),
      'the event of an HTTP API; the token in a cookie',
    ],
    [`Authorization: Bearer ${good}\nCookie: id=${id}`, 'headers'],
  ]
  for (const [text, input] of rows)
    t.match(await inspect(text, { userPool: pool, clock }), { verdict: 'accepted', input }, text.slice(0, 40))
  t.match((await inspect(`Cookie: a=${id}; b=${good}`, { userPool: pool, clock })).findings, [
    { what: /several tokens/ },
  ])
  const one = await inspect(`Cookie: a=${id}; theme=dark`, { userPool: { ...pool, tokenUse: 'id' }, clock })
  t.match(one, { verdict: 'accepted', findings: [] })
  t.match(await inspect('Cookie: theme=dark', { clock }), { input: 'headers', code: 'ERR_TOKEN_MISSING' })
  const bySdk = await inspect(token(claimsOf({ scope: 'aws.cognito.signin.user.admin' })), {
    userPool: pool,
    clock,
  })
  t.match(bySdk.findings, [{ what: /signed in by SDK/, fix: /managed login/ }])
})

const signer = createTestIssuer({ clock })
const verifier = createVerifier({
  issuers: [userPool({ ...signer.options, tokenUse: ['access', 'id'] })],
  clock,
})

t.test('a policy says what the token lacks', async t => {
  const guard = createGuard({ verifier, explain: true })
  const user = signer.accessToken({ groups: ['Admin'], scopes: ['orders/read'] })
  const machine = signer.machineToken({ scopes: ['a/b'] })
  const id = signer.idToken()
  const rows: Row<readonly [policy: Policy, text: string, status?: number]>[] = [
    [
      'group in another case',
      [inGroup('admin'), user],
      'The user is in a group whose name differs in case or blanks only: make the policy and the user pool spell it alike, letter by letter.',
    ],
    [
      'group with a blank',
      [inGroup(' Admin'), user],
      'The user is in a group whose name differs in case or blanks only: make the policy and the user pool spell it alike, letter by letter.',
    ],
    [
      'no such group',
      [inGroup('staff'), user],
      'The user is in none of the groups that the policy names: add the user to one, then refresh the session, since a token keeps the groups of its issue.',
    ],
    [
      'group of a machine',
      [inGroup('staff'), machine],
      'A machine (client credentials) is in no group: authorize it by a scope (hasScope), or sign in a user.',
    ],
    [
      'machine where a user is wanted',
      [isUser, machine],
      'This is the token of a machine (client credentials), and the policy wants a user: sign in a user, or permit machines with isMachine.',
    ],
    [
      'user where a machine is wanted',
      [isMachine, user],
      'This is the token of a user, and the policy wants a machine: ask for one at /oauth2/token with client credentials, or permit users with isUser.',
    ],
    [
      'scope, sign-in by SDK',
      [hasScope('a/b'), signer.accessToken({ scopes: ['aws.cognito.signin.user.admin'] })],
      'A sign-in by SDK gives only the scope aws.cognito.signin.user.admin: use managed login, or add the scope by a pre token generation trigger.',
    ],
    [
      'scope of a user',
      [hasScope('a/b'), user],
      'The token lacks a scope that the challenge names: allow it for the app client, and ask for it at /oauth2/authorize.',
    ],
    [
      'scope of a machine',
      [hasScope('a/c'), machine],
      'The token lacks a scope that the challenge names: allow it for the app client, and ask for it at /oauth2/token.',
    ],
    [
      'scope of an ID token',
      [hasScope('a/b'), id],
      'An ID token has no scopes: send the access token that came with it.',
    ],
    [
      'scope without its resource server',
      [hasScope('read'), user],
      'The token has such a scope, spelled otherwise: name it in the policy as Cognito does, <identifier of the resource server>/<name>, letter by letter.',
    ],
    [
      'scope in another case',
      [hasScope('Orders/read'), user],
      'The token has such a scope, spelled otherwise: name it in the policy as Cognito does, <identifier of the resource server>/<name>, letter by letter.',
    ],
    [
      'write where only reading is permitted',
      [isRead, user],
      'The policy permits GET, HEAD and OPTIONS only: what changes something needs a route with another policy.',
    ],
    [
      'provider, access token',
      [federatedBy('Google'), user],
      'An access token does not name the provider of its user: send the ID token to this route, and accept it with tokenUse.',
    ],
    [
      'provider, no federation',
      [federatedBy('Google'), id],
      'The user has signed in without an identity provider: sign in through the one that the policy names.',
    ],
    [
      'another provider',
      [
        federatedBy('Google'),
        signer.idToken({
          claims: { identities: [{ providerName: 'Okta', providerType: 'OIDC', userId: 'x' }] },
        }),
      ],
      'The user was first linked to another identity provider than the one that the policy names: sign in with a user of that one.',
    ],
    [
      'old sign-in',
      [signedInWithin(60), signer.accessToken({ claims: { auth_time: now - 5_000 } }), 401],
      'The sign-in is too old for this route: sign in again as the challenge says (max_age); to refresh the session does not help.',
    ],
    [
      'no time of sign-in',
      [signedInWithin(60), signer.accessToken({ claims: { auth_time: undefined } }), 401],
      'The token does not say when its user signed in (auth_time), as that of a machine does not: send the token of a sign-in.',
    ],
    [
      'old token',
      [issuedWithin(60), signer.accessToken({ claims: { iat: now - 100 } }), 401],
      'The token was issued too long ago for this route: refresh the session, or sign in again, and send the new token.',
    ],
    [
      'no assurance',
      [withAssurance('urn:mfa'), user, 401],
      'The token does not say how its user signed in (acr), so that no assurance is reached: let the user pool issue that claim.',
    ],
    [
      'weak assurance',
      [withAssurance('urn:mfa'), signer.accessToken({ claims: { acr: 'urn:password' } }), 401],
      'The sign-in is too weak for this route: sign in again as the challenge says (acr_values).',
    ],
    [
      'policy of the application',
      [() => false, user],
      'The policy of this route refuses this token: see what that asks for.',
    ],
  ]
  for (const [setUp, [policy, text, status = 403], first] of rows) {
    const decision = await guard(
      { method: 'POST', header: name => (name === 'authorization' ? `Bearer ${text}` : undefined) },
      policy,
    )
    if (decision.authorized) throw new Error('let through')
    is(t, setUp, decision.body.hint, first)
    t.equal(decision.status, status, setUp)
    t.equal(decision.body.page, `docs/errors.md#${decision.error.code.toLowerCase()}`, `${setUp}: its page`)
  }
})

t.test('a guest, and policies of guests', async t => {
  const guest = { principal: { kind: 'guest', groups: [], scopes: [] }, claims: {}, header: {} } as never
  const guard = createGuard({ verifier: { ...verifier, check: () => guest }, explain: true })
  const hintOf = async (policy?: Policy) => {
    const decision = await guard(
      { header: name => (name === 'authorization' ? 'Bearer x' : undefined) },
      policy,
    )
    return decision.authorized ? undefined : decision.body.hint
  }
  is(
    t,
    'guest',
    await hintOf(),
    'This is the token of a guest: sign in, or name guests in the policy of this route with isGuest.',
  )
  const demanded = async (policy: Policy) => {
    try {
      await demand(guest, policy)
    } catch (error) {
      return (error as { hint: string }).hint
    }
    return undefined
  }
  is(
    t,
    'guest where a user is wanted',
    await demanded(isUser),
    'This is the token of a guest, and the policy wants a user: sign in.',
  )
  is(
    t,
    'guest where a machine is wanted',
    await demanded(isMachine),
    'This is the token of a guest, and the policy wants a machine: ask for one at /oauth2/token with client credentials.',
  )
})

t.test('a request without a token says where the guard looks', async t => {
  const get = (
    headers: Record<string, string | readonly string[]>,
    url = '/',
    method = 'GET',
  ): RequestView => ({
    method,
    url,
    header: name => headers[name],
  })
  const socket = { 'sec-websocket-key': 'x' }
  const balancer = behindLoadBalancer({
    loadBalancerArn:
      'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/0123456789abcdef',
    issuer,
    clientId,
    accessToken: userPool(pool),
  })
  const rows: Row<readonly [source: TokenSource | undefined, request: RequestView]>[] = [
    ['no header', [undefined, get({})], 'Send the header "Authorization: Bearer <access token>".'],
    [
      'no cookie',
      [cookie('access'), get({})],
      'Send the cookie "access" (with fetch: credentials \'include\').',
    ],
    [
      'no cookies of Amplify',
      [amplifyCookie(clientId), get({})],
      'Send the cookies in which Amplify keeps the tokens of this app client.',
    ],
    ['no header of its own', [headerToken('X-Token'), get({})], 'Send the header "x-token".'],
    ['no parameter', [queryToken(), get({})], 'Send the parameter "access_token" in the query of the URL.'],
    [
      'no subprotocol',
      [webSocketProtocol(), get(socket)],
      'Send the subprotocols of new WebSocket(url, ["bearer", token]).',
    ],
    [
      'no subprotocol of AppSync',
      [appSyncRealtime(), get(socket)],
      'Send the subprotocol "header-..." of an AppSync client.',
    ],
    [
      'none of two',
      [firstOf(bearer(), cookie('access')), get({})],
      'Send the header "Authorization: Bearer <access token>" or the cookie "access" (with fetch: credentials \'include\').',
    ],
    [
      'load balancer that lets everybody pass',
      [balancer.token, get({})],
      'Send the headers x-amzn-oidc-data and x-amzn-oidc-accesstoken of a load balancer.',
    ],
    [
      'source of the application',
      [() => undefined, get({})],
      'Send what the application’s own token source reads.',
    ],
    [
      'header where a cookie is read',
      [cookie('access'), get({ authorization: `Bearer ${good}` })],
      'The token is in the header Authorization, but the guard expects the cookie "access" (with fetch: credentials \'include\'): send it there, or set the option token of the guard.',
    ],
    [
      'no scheme',
      [undefined, get({ authorization: good })],
      'The token is in the header Authorization without the word Bearer, but the guard expects the header "Authorization: Bearer <access token>": send it there, or set the option token of the guard.',
    ],
    [
      'another scheme',
      [undefined, get({ authorization: `Token ${good}` })],
      'The token is in the header Authorization without the word Bearer, but the guard expects the header "Authorization: Bearer <access token>": send it there, or set the option token of the guard.',
    ],
    [
      'token in the URL',
      [undefined, get({}, `/?access_token=${good}`)],
      'The token is in the URL, but the guard expects the header "Authorization: Bearer <access token>": send it there, or set the option token of the guard.',
    ],
    [
      'token in a cookie',
      [undefined, get({ cookie: `a=b; access=${good}` })],
      'The token is in a cookie, but the guard expects the header "Authorization: Bearer <access token>": send it there, or set the option token of the guard.',
    ],
    [
      'name of the cookie',
      [cookie('access'), get({ cookie: [`a=b`, `Access=${good}`] })],
      'The token is in a cookie, but the guard expects the cookie "access" (with fetch: credentials \'include\'): send it there, or set the option token of the guard.',
    ],
    [
      'subprotocol where a header is read',
      [undefined, get({ ...socket, 'sec-websocket-protocol': `bearer, ${good}` })],
      'The token is in Sec-WebSocket-Protocol, but the guard expects the header "Authorization: Bearer <access token>": send it there, or set the option token of the guard.',
    ],
    [
      'header on a WebSocket',
      [undefined, get(socket)],
      'A browser cannot send the header Authorization on a WebSocket: read the token with webSocketProtocol() or from a cookie.',
    ],
    [
      'cookie from another site',
      [
        cookie('access'),
        get({ cookie: `access=${good}`, origin: 'https://evil.example', host: 'a' }, '/', 'POST'),
      ],
      'A request with a cookie may change something only from an origin of yours: list that of the app in origins of cookie().',
    ],
    [
      'Bearer twice in a header',
      [undefined, get({ authorization: `Bearer Bearer ${good}` })],
      'Send one token, once: "Authorization: Bearer <access token>", no second header, scheme or source.',
    ],
  ]
  for (const [setUp, [source, request], first] of rows) {
    const decision = await createGuard({ verifier, explain: true, ...(source && { token: source }) })(request)
    if (decision.authorized) throw new Error('let through')
    is(t, setUp, decision.body.hint, first)
    t.notMatch(JSON.stringify(decision), good, 'no token')
  }
})

t.test('the network: doctor, inspect and keys pull say the same', t => {
  const proxied = { HTTPS_PROXY: 'http://127.0.0.1:1' }
  const rows: Row<
    readonly [failure: FetchFailure, env?: Record<string, string>, asked?: Parameters<typeof keySetFix>[2]]
  >[] = [
    [
      'DNS',
      [{ reason: 'dns' }],
      'The name of the host is not found: check the Region in the pool ID; in a VPC it takes a NAT gateway or an endpoint for Cognito, behind a proxy the fetch option.',
    ],
    [
      'VPC without a way out, refused',
      [{ reason: 'connect' }],
      'There is no way to the host: in a VPC it takes a NAT gateway or an endpoint for Cognito, behind a proxy the fetch option.',
    ],
    [
      'VPC without a way out, silent',
      [{ reason: 'timeout' }],
      'The host does not answer: in a VPC it takes a NAT gateway or an endpoint for Cognito, behind a proxy the fetch option.',
    ],
    [
      'HTTPS_PROXY not used',
      [{ reason: 'timeout' }, proxied],
      'HTTPS_PROXY is set, but Node.js does not use it: set NODE_USE_ENV_PROXY=1 as well (Node.js 22.21, 24 and later), or give userPool the fetch option.',
    ],
    [
      'https_proxy not used',
      [{ reason: 'connect' }, { https_proxy: 'x' }],
      'HTTPS_PROXY is set, but Node.js does not use it: set NODE_USE_ENV_PROXY=1 as well (Node.js 22.21, 24 and later), or give userPool the fetch option.',
    ],
    [
      'HTTPS_PROXY used',
      [{ reason: 'connect' }, { ...proxied, NODE_USE_ENV_PROXY: '1' }],
      'The proxy of HTTPS_PROXY does not lead to the host: let it pass cognito-idp.<Region>.amazonaws.com, or correct its address.',
    ],
    [
      'HTTPS_PROXY used by an option',
      [{ reason: 'dns' }, { ...proxied, NODE_OPTIONS: '--use-env-proxy' }],
      'The proxy of HTTPS_PROXY does not lead to the host: let it pass cognito-idp.<Region>.amazonaws.com, or correct its address.',
    ],
    [
      'TLS interception',
      [{ reason: 'tls', code: 'SELF_SIGNED_CERT_IN_CHAIN' }, proxied],
      'A proxy that opens TLS is probably in between, and Node.js does not trust it: give its certificate to Node.js (NODE_EXTRA_CA_CERTS).',
    ],
    [
      'expired certificate',
      [{ reason: 'tls', code: 'CERT_HAS_EXPIRED' }],
      'The certificate of the host is not valid at the time of this machine: set its clock (NTP); of a proxy that opens TLS, renew it and give it to Node.js (NODE_EXTRA_CA_CERTS).',
    ],
    [
      '400',
      [{ reason: 'status', status: 400 }],
      'There is no key set for this user pool: compare the pool ID with the console, letter by letter, and its Region.',
    ],
    [
      '403',
      [{ reason: 'status', status: 403 }],
      'The key set is forbidden: a proxy or firewall refuses the host, or jwksUri names an issuer that the pool does not use; else compare the pool ID letter by letter.',
    ],
    [
      '404',
      [{ reason: 'status', status: 404 }],
      'There is no key set for this user pool: compare the pool ID with the console, letter by letter, and its Region.',
    ],
    [
      '407',
      [{ reason: 'status', status: 407 }],
      'A proxy asks for credentials: put them into HTTPS_PROXY, or give userPool the fetch option.',
    ],
    [
      '429',
      [{ reason: 'status', status: 429 }],
      'The host has trouble of its own: try again later, and bundle a key set that was pulled before (option jwks) to bridge outages.',
    ],
    [
      '503',
      [{ reason: 'status', status: 503 }],
      'The host has trouble of its own: try again later, and bundle a key set that was pulled before (option jwks) to bridge outages.',
    ],
    [
      '418',
      [{ reason: 'status', status: 418 }],
      'What answers is not Cognito: check where the key set is (jwksUri), and the proxy or portal between this machine and that.',
    ],
    [
      'something else in place of a key set',
      [{ reason: 'body' }],
      'What answers is not Cognito: check where the key set is (jwksUri), and the proxy or portal between this machine and that.',
    ],
    ...[
      { jwksUri: 'http://127.0.0.1:9400/x' },
      { issuer: 'http://localhost:9400/x' },
      { jwksUri: 'http://cognito:9400/x' },
      { jwksUri: 'https://10.0.0.7/x' },
      { jwksUri: 'http://host.docker.internal:9400/x', issuer: 'https://auth.example.com' },
    ].map(
      asked =>
        [
          `nothing listens at ${Object.values(asked).join(' ')}`,
          [{ reason: 'connect', code: 'ECONNREFUSED' }, proxied, asked],
          'Nothing listens there: is cognito-guard dev running? Compare host and port with those that it prints.',
        ] as const,
    ),
    ...['https://keys.example/x', 'no URL'].map(
      jwksUri =>
        [
          `refused by ${jwksUri}`,
          [{ reason: 'connect', code: 'ECONNREFUSED' }, {}, { jwksUri }],
          'There is no way to the host: in a VPC it takes a NAT gateway or an endpoint for Cognito, behind a proxy the fetch option.',
        ] as const,
    ),
    ...['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'].map(
      code =>
        [
          `https to an http port, ${code}`,
          [{ reason: 'tls', code }, {}, { jwksUri: 'https://localhost:9400/x' }],
          'It speaks http, not https: write http: in the URL, and set insecureLoopbackHttp (for a private host insecureHttpHosts).',
        ] as const,
    ),
    [
      'https on a port of http, elsewhere',
      [{ reason: 'tls', code: 'EPROTO' }, {}, { jwksUri: 'https://keys.example/x' }],
      'A proxy that opens TLS is probably in between, and Node.js does not trust it: give its certificate to Node.js (NODE_EXTRA_CA_CERTS).',
    ],
    [
      'http to an https port',
      [{ reason: 'connect', code: 'ECONNRESET' }, {}, { jwksUri: 'http://127.0.0.1:9400/x' }],
      'The host is near, but closes the connection: compare port and scheme (http or https) of the URL.',
    ],
    [
      'a certificate of one’s own',
      [{ reason: 'tls', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, {}, { jwksUri: 'https://127.0.0.1:9400/x' }],
      'The host has a certificate that Node.js does not trust: give it, or the one that signed it, to Node.js (NODE_EXTRA_CA_CERTS).',
    ],
    [
      'name of a container',
      [{ reason: 'dns', code: 'ENOTFOUND' }, {}, { jwksUri: 'http://cognito:9400/x' }],
      'The name of the host is not found: it is known to the containers of one network only, or misspelled.',
    ],
    [
      'own host, not found',
      [{ reason: 'dns', code: 'ENOTFOUND' }, {}, { jwksUri: 'https://keys.example/x' }],
      'The name of the host is not found: correct it in jwksUri, or in the option issuer.',
    ],
    [
      'host of Cognito in jwksUri, not found',
      [
        { reason: 'dns', code: 'ENOTFOUND' },
        {},
        { jwksUri: 'https://cognito-idp.eu-west-9.amazonaws.com/x' },
      ],
      'The name of the host is not found: check the Region in the pool ID; in a VPC it takes a NAT gateway or an endpoint for Cognito, behind a proxy the fetch option.',
    ],
    [
      '404 at an own jwksUri',
      [{ reason: 'status', status: 404 }, {}, { jwksUri: 'http://127.0.0.1:9400/x' }],
      'There is no key set at jwksUri: compare its path, letter by letter, with jwks_uri in the discovery document of the issuer.',
    ],
    [
      '400 at an own issuer',
      [{ reason: 'status', status: 400 }, {}, { issuer: 'https://auth.example.com' }],
      'There is no key set at the issuer: compare the option issuer, letter by letter, with the iss of a token; where its keys are elsewhere, set jwksUri.',
    ],
    [
      'HTML',
      [{ reason: 'body', content: 'html' }],
      'What answers is HTML, a page and no key set: correct the path of the URL (jwksUri), or let the proxy or portal pass that answers in its place.',
    ],
    [
      'discovery document',
      [{ reason: 'body', content: 'discovery' }],
      'What answers is the discovery document, not the key set: set jwksUri to what it has as jwks_uri.',
    ],
    [
      'redirect of a portal',
      [{ reason: 'redirect' }],
      'What answers is not Cognito: check where the key set is (jwksUri), and the proxy or portal between this machine and that.',
    ],
  ]
  for (const [setUp, [failure, env = {}, asked], first] of rows) {
    is(t, setUp, keySetFix(failure, env, asked), first)
    t.notMatch(pullFix(failure, env, asked), /keys pull|that was pulled/, `${setUp}: no advice to pull`)
  }
  t.end()
})

t.test('start-up errors say what the value is instead', t => {
  const issuers = [userPool(pool)]
  const poolOf = (id: string) => () => userPool({ ...pool, userPoolId: id })
  const clientOf = (id: string) => () => userPool({ ...pool, clientId: id })
  const rows: Row<() => unknown>[] = [
    [
      'CRLF',
      poolOf(`${userPoolId}\r`),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it has blanks or a line break in it; trim it',
    ],
    [
      'blanks',
      poolOf(` ${userPoolId}`),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it has blanks or a line break in it; trim it',
    ],
    [
      'quotes',
      poolOf(`"${userPoolId}"`),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it is in quotes, which Docker keeps; take them away',
    ],
    [
      'comma list of pools',
      poolOf(`${userPoolId},eu-west-1_b`),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it is a list; split it',
    ],
    [
      'ARN',
      poolOf(`arn:aws:cognito-idp:eu-west-1:111122223333:userpool/${userPoolId}`),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it is an ARN or a URL; the ID is what follows the last slash',
    ],
    [
      'URL of the issuer',
      poolOf(issuer),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it is an ARN or a URL; the ID is what follows the last slash',
    ],
    [
      'identity pool ID',
      poolOf('eu-west-1:11111111-2222-3333-4444-555555555555'),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it is the ID of an identity pool; give that to identityPool',
    ],
    [
      'client ID as pool ID',
      poolOf('1example23456789client0123'),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it is an app client ID',
    ],
    [
      'placeholder',
      poolOf('${USER_POOL_ID}'),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it is an unfilled placeholder',
    ],
    [
      'the text undefined',
      poolOf('undefined'),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123: it is an unfilled placeholder',
    ],
    [
      'something else',
      poolOf('x'),
      'userPool: userPoolId must be a user pool ID, such as eu-west-1_AbCdEf123',
    ],
    [
      'comma list of clients',
      clientOf('a,b'),
      'userPool: clientId must be an app client ID: it is a list; split it',
    ],
    [
      'pool ID as client ID',
      clientOf('eu-west-1_AbCdEf123'),
      'userPool: clientId must be an app client ID: it is a user pool ID',
    ],
    [
      'client ID undefined',
      clientOf('undefined'),
      'userPool: clientId must be an app client ID: it is an unfilled placeholder',
    ],
    [
      'CRLF in an issuer',
      () => userPool({ ...pool, issuer: `${issuer}\r\n` }),
      'userPool: issuer must be a URL: it has blanks or a line break in it; trim it',
    ],
    [
      'user pool ID as identity pool ID',
      () => identityPool({ identityPoolId: userPoolId.slice(0, 19) }),
      'identityPool: identityPoolId must be an identity pool ID, such as eu-west-1:11111111-2222-3333-4444-555555555555: it is a user pool ID',
    ],
    [
      'ARN in quotes',
      () =>
        verifiedAccess({
          instanceArn: '"arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0"',
          issuer: 'https://idp.example',
        } as never),
      'verifiedAccess: instanceArn must be an ARN, such as arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0: it is in quotes, which Docker keeps; take them away',
    ],
    [
      'Region with a blank',
      () => userPool({ ...pool, additionalRegions: 'us-east-1 ' }),
      'userPool: additionalRegions must be a Region, such as eu-west-1: it has blanks or a line break in it; trim it',
    ],
    [
      'milliseconds for seconds',
      () => createVerifier({ issuers, clockTolerance: 5_000 }),
      'createVerifier: clockTolerance must be a number of seconds from 0 to 300: it seems to be in milliseconds; divide it by 1000',
    ],
    [
      'milliseconds of a timeout',
      () => userPool({ ...pool, fetchTimeout: 500 }),
      'userPool: fetchTimeout must be a number of seconds from 0.01 to 60: it seems to be in milliseconds; divide it by 1000',
    ],
    [
      'far too many seconds',
      () => createVerifier({ issuers, clockTolerance: 1e9 }),
      'createVerifier: clockTolerance must be a number of seconds from 0 to 300',
    ],
    [
      'seconds as text',
      () => createVerifier({ issuers, clockTolerance: '5' as never }),
      'createVerifier: clockTolerance must be a number of seconds from 0 to 300: it is a text; convert it with Number()',
    ],
    [
      'clock in seconds',
      () => createVerifier({ issuers, clock: { now: () => now } }),
      'createVerifier: clock must tell milliseconds, not seconds',
    ],
  ]
  for (const [setUp, make, first] of rows) {
    try {
      make()
      t.fail(`${setUp}: taken`)
    } catch (error) {
      t.type(error, TypeError)
      is(t, setUp, (error as Error).message, first)
    }
  }
  t.end()
})

function is(t: Tap, setUp: string, said: string | undefined, first: string): void {
  count++
  t.equal(firstOfText(said ?? ''), first, setUp)
}

interface Tap {
  equal(found: unknown, wanted: unknown, message: string): unknown
}
