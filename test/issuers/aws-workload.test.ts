import {
  type AwsWorkloadOptions,
  awsWorkload,
  createVerifier,
  memoryRevocations,
  type TrustedIssuer,
  tenants,
  userPool,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { clock, codeLater, now } from '../mint.js'
import { documents, signer } from './signing.js'

const account = '111122223333'
const uuid = 'a103a2cc-b461-473d-84fe-6c4f6d45af88'
const sts = `https://${uuid}.tokens.sts.global.api.aws`
const eks = 'https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E'
const audience = 'https://billing.example.com'
const facts = 'https://sts.amazonaws.com/'

// As STS publishes them: the RSA key without an algorithm.
const rsa = signer('RS256', 'RSA_0')
const ec = signer('ES384', 'EC384_0')
const { alg: _, ...rsaJwk } = rsa.jwk
const keys = { keys: [rsaJwk, ec.jwk] }

const role = `arn:aws:iam::${account}:role/orders`
const session = `arn:aws:sts::${account}:assumed-role/orders/i-0123456789abcdef0`

/** What STS issues to a role. */
const ofRole = (claims: object = {}) => ({
  iss: sts,
  aud: audience,
  sub: role,
  iat: now,
  exp: now + 300,
  jti: 'b0d6c45e-a1db-4196-ad3c-e9e8ab3a09d8',
  [facts]: {
    org_id: 'o-on4r1a68tf',
    aws_account: account,
    ou_path: ['o-on4r1a68tf/r-6or0/ou-6or0-pbr8bs7r/'],
    original_session_exp: '2027-01-20T21:13:04Z',
    source_region: 'eu-central-1',
    principal_id: role,
    principal_tags: { port: '8080' },
  },
  ...claims,
})

/** What a cluster issues to a pod. */
const ofPod = (claims: object = {}) => ({
  iss: eks,
  aud: [audience],
  sub: 'system:serviceaccount:shop:orders',
  iat: now,
  nbf: now,
  exp: now + 3600,
  jti: 'aed34954-b33a-4142-b1ec-389d6bbb4936',
  'kubernetes.io': {
    namespace: 'shop',
    node: { name: 'ip-10-0-1-2', uid: '1' },
    pod: { name: 'orders-1', uid: '2' },
    serviceaccount: { name: 'orders', uid: '3' },
  },
  ...claims,
})

const trusted = (options: Partial<AwsWorkloadOptions> = {}) =>
  awsWorkload({ issuer: sts, audience, jwks: keys, offline: true, ...options })
const verifierOf = (...issuers: readonly TrustedIssuer[]) => createVerifier({ issuers, clock })
const verifier = verifierOf(trusted(), trusted({ issuer: eks }))

const codeOf = (claims: object, by = rsa) => codeLater(() => verifier.verify(by.token({}, claims)))

t.test('a workload is a machine, with its subject', async t => {
  const { principal, claims } = await verifier.verify(rsa.token({}, ofRole()))
  const machine = { kind: 'machine', groups: [], scopes: [] }
  t.strictSame(principal, { ...machine, subject: role, issuer: sts, expiresAt: now + 300 })
  t.match(claims, { [facts]: { principal_tags: { port: '8080' } } }, 'claims stay as they are')
  const pod = await verifier.verify(rsa.token({}, ofPod()))
  const subject = 'system:serviceaccount:shop:orders'
  t.strictSame(pod.principal, { ...machine, subject, issuer: eks, expiresAt: now + 3600 })
  const scoped = await verifier.verify(rsa.token({}, ofRole({ scope: 'invoices/read invoices/write' })))
  t.same(scoped.principal.scopes, ['invoices/read', 'invoices/write'])
  const person = { email: 'ada@example.com', username: 'ada', client_id: 'c', token_use: 'access' }
  const marked = await verifier.verify(rsa.token({}, ofRole(person)))
  t.strictSame(marked.principal, principal, 'whatever else is in it')
})

t.test('STS signs with RS256 and ES384, a cluster with RS256', async t => {
  t.equal(await codeOf(ofRole(), ec), undefined)
  t.equal(await codeOf(ofPod(), ec), 'ERR_TOKEN_ALGORITHM')
  for (const alg of ['RS384', 'PS256', 'ES256', 'EdDSA'])
    t.equal(await codeOf(ofRole(), signer(alg, 'RSA_0')), 'ERR_TOKEN_ALGORITHM', alg)
  t.equal(
    await codeOf(ofRole(), signer('RS256', 'EC384_0')),
    'ERR_TOKEN_KEY',
    'a key is bound to its algorithm',
  )
  t.equal(await codeOf(ofRole(), signer('RS256', 'RSA_0')), 'ERR_TOKEN_SIGNATURE')
  const unnamed = rsa.token({ kid: undefined }, ofRole())
  t.equal(await codeLater(() => verifier.verify(unnamed)), 'ERR_TOKEN_KEY')
})

t.test('what is refused of both', async t => {
  const other = 'https://b103a2cc-b461-473d-84fe-6c4f6d45af88.tokens.sts.global.api.aws'
  const cases: [string, object, string][] = [
    ['another audience', { aud: 'https://shop.example.com' }, 'ERR_TOKEN_AUDIENCE'],
    ['a longer audience', { aud: `${audience}/` }, 'ERR_TOKEN_AUDIENCE'],
    ['audiences, none of them this', { aud: ['sts.amazonaws.com', 'x'] }, 'ERR_TOKEN_AUDIENCE'],
    ['an audience within a list', { aud: [[audience]] }, 'ERR_TOKEN_AUDIENCE'],
    ['no audience', { aud: undefined }, 'ERR_TOKEN_AUDIENCE'],
    ['the issuer of another account', { iss: other }, 'ERR_TOKEN_ISSUER'],
    ['another cluster', { iss: eks.replace('EXAMPLE', 'EXAMPLF') }, 'ERR_TOKEN_ISSUER'],
    ['the cluster of another Region', { iss: eks.replace('eu-west-1', 'eu-west-2') }, 'ERR_TOKEN_ISSUER'],
    ['a slash at the end', { iss: `${sts}/` }, 'ERR_TOKEN_ISSUER'],
    ['expired', { exp: now - 6 }, 'ERR_TOKEN_EXPIRED'],
    ['not yet valid', { nbf: now + 60 }, 'ERR_TOKEN_NOT_YET_VALID'],
    ['bound to a key', { cnf: { jkt: 'x' } }, 'ERR_TOKEN_BOUND'],
    ['no subject', { sub: undefined }, 'ERR_TOKEN_CLAIM'],
    ['an empty subject', { sub: '' }, 'ERR_TOKEN_CLAIM'],
    ['a subject that is a list', { sub: [role] }, 'ERR_TOKEN_CLAIM'],
    ['scopes in a list', { scope: ['a'] }, 'ERR_TOKEN_CLAIM'],
  ]
  for (const [what, claims, code] of cases) {
    t.equal(await codeOf(ofRole(claims)), code, `STS: ${what}`)
    t.equal(await codeOf(ofPod(claims)), code, `EKS: ${what}`)
  }
  t.equal(await codeOf(ofRole({ aud: ['x', audience] })), undefined, 'one of several audiences')
  t.equal(await codeOf({ ...ofPod(), iss: sts }), 'ERR_TOKEN_CLAIM', 'a service account of STS')
  t.equal(await codeOf({ ...ofRole(), iss: eks }), 'ERR_TOKEN_CLAIM', 'a role of a cluster')
})

t.test('the subject of STS: a role, its session or an IAM user', async t => {
  const of = (sub: unknown) => ofRole({ sub, [facts]: undefined })
  const right = [
    role,
    session,
    `arn:aws:iam::${account}:role/team/a/orders`,
    `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/eu-west-2/AWSReservedSSO_Admin_c95738f708c1c268`,
    `arn:aws:iam::${account}:role/${'r'.repeat(64)}`,
    `arn:aws:iam::${account}:role/a+b=c,d.e@f-g_h`,
    `arn:aws:iam::${account}:user/build`,
    `arn:aws:iam::${account}:user/ci/build`,
    role.replace('aws', 'aws-cn'),
    session.replace('aws', 'aws-us-gov'),
    session.replace('i-0123456789abcdef0', 'ada@example.com'),
  ]
  for (const sub of right) t.equal(await codeOf(of(sub)), undefined, sub)
  const wrong = [
    'ada',
    '248289761001',
    'AROA1234567890EXAMPLE:session',
    'system:serviceaccount:shop:orders',
    `arn:aws:iam::${account}:root`,
    `arn:aws:sts::${account}:federated-user/ada`,
    `arn:aws:iam::${account}:group/admins`,
    `arn:aws:iam::${account}:saml-provider/x`,
    `arn:aws:lambda:eu-west-1:${account}:function:orders`,
    'arn:aws:iam::11112222333:role/orders',
    'arn:aws:iam::1111222233334:role/orders',
    'arn:aws:iam:::role/orders',
    role.replace('aws', 'aws-iso'),
    role.replace('aws', 'awsx'),
    role.replace('iam::', 'iam:eu-west-1:'),
    role.replace('arn', 'ARN'),
    ` ${role}`,
    `${role} `,
    `${role}\n`,
    `${role}/`,
    `${role}:x`,
    `arn:aws:iam::${account}:role/`,
    `arn:aws:iam::${account}:role//`,
    `arn:aws:iam::${account}:role/a b/orders`,
    `arn:aws:iam::${account}:role/${'r'.repeat(65)}`,
    `arn:aws:iam::${account}:assumed-role/orders/session`,
    `arn:aws:sts::${account}:role/orders`,
    `arn:aws:sts::${account}:assumed-role/orders`,
    `arn:aws:sts::${account}:assumed-role/orders/`,
    `arn:aws:sts::${account}:assumed-role/orders/s`,
    `arn:aws:sts::${account}:assumed-role/team/orders/session`,
    `arn:aws:sts::${account}:assumed-role/orders/a:b`,
  ]
  for (const sub of wrong) t.equal(await codeOf(of(sub)), 'ERR_TOKEN_CLAIM', sub)
})

t.test('what STS adds agrees with the subject', async t => {
  const user = `arn:aws:iam::${account}:user/orders`
  const pathed = `arn:aws:iam::${account}:role/team/orders`
  const cases: [string, string, unknown, boolean][] = [
    ['nothing', role, undefined, true],
    ['nothing of the caller', role, {}, true],
    ['the account', role, { aws_account: account }, true],
    ['another account', role, { aws_account: '444455556666' }, false],
    ['an account that is a number', role, { aws_account: 111122223333 }, false],
    ['the caller', role, { principal_id: role }, true],
    ['the caller, a user', user, { principal_id: user }, true],
    ['the session', session, { principal_id: session }, true],
    ['the role of the session', session, { principal_id: role }, true],
    ['the role of the session, with its path', session, { principal_id: pathed }, true],
    ['the role of a session that is none', role, { principal_id: pathed }, false],
    ['another role', role, { principal_id: `${role}2` }, false],
    ['another role of the session', session, { principal_id: `${role}2` }, false],
    ['a user of the name of the role', session, { principal_id: user }, false],
    ['another session', session, { principal_id: `${session}0` }, false],
    ['a role of another account', session, { principal_id: role.replace('1111', '4444') }, false],
    ['a role of another partition', session, { principal_id: role.replace('aws', 'aws-cn') }, false],
    ['a caller that is none', session, { principal_id: [role] }, false],
    ['no caller', role, { principal_id: null }, false],
    ['no object', role, 'x', false],
    ['a list', role, [], false],
    ['null', role, null, false],
  ]
  for (const [what, sub, added, isRight] of cases)
    t.equal(await codeOf(ofRole({ sub, [facts]: added })), isRight ? undefined : 'ERR_TOKEN_CLAIM', what)
  const onBehalf = ofRole({ sub: 'ada', subject_mode: 'OriginIdentity', scope: 'read' })
  await t.rejects(
    verifier.verify(rsa.token({}, onBehalf)),
    { code: 'ERR_TOKEN_CLAIM', hint: /OriginIdentity .*oidcProvider/ },
    'somebody else’s',
  )
})

t.test('the subject of a cluster: a service account', async t => {
  const name = (sub: unknown) => ofPod({ sub, 'kubernetes.io': undefined })
  const right = ['a:b', '0:9', 'kube-system:aws-node', 'shop:orders.v2', `${'n'.repeat(63)}:x`]
  for (const text of right) t.equal(await codeOf(name(`system:serviceaccount:${text}`)), undefined, text)
  const wrong = [
    'system:serviceaccount',
    'system:serviceaccount:shop',
    'system:serviceaccount:shop:',
    'system:serviceaccount::orders',
    'system:serviceaccount:shop:orders:x',
    'system:serviceaccounts:shop:orders',
    'system:node:shop:orders',
    'System:serviceaccount:shop:orders',
    'xsystem:serviceaccount:shop:orders',
    'system:serviceaccount:Shop:orders',
    'system:serviceaccount:shop:Orders',
    'system:serviceaccount:shop.a:orders',
    'system:serviceaccount:-shop:orders',
    'system:serviceaccount:shop:orders-',
    'system:serviceaccount:shop:orders..v2',
    'system:serviceaccount:shop:orders/x',
    'system:serviceaccount:shop:orders\n',
    `system:serviceaccount:${'n'.repeat(64)}:x`,
    `system:serviceaccount:shop:${Array(127).fill('aa').join('.')}`,
    role,
  ]
  for (const sub of wrong) t.equal(await codeOf(name(sub)), 'ERR_TOKEN_CLAIM', sub)
  const disagreeing = [
    null,
    'x',
    {},
    { namespace: 'shop' },
    { namespace: 'shop', serviceaccount: null },
    { namespace: 'shop', serviceaccount: { name: 'other' } },
    { namespace: 'other', serviceaccount: { name: 'orders' } },
  ]
  for (const added of disagreeing)
    t.equal(await codeOf(ofPod({ 'kubernetes.io': added })), 'ERR_TOKEN_CLAIM', JSON.stringify(added))
})

t.test('the key set is at the place of its kind, and nothing is discovered', async t => {
  const next = signer('RS256', 'next')
  const china = `https://${uuid}.tokens.sts.global.api.amazonwebservices.com.cn`
  const places: [string, string][] = [
    [sts, `${sts}/.well-known/jwks.json`],
    [china, `${china}/.well-known/jwks.json`],
    [eks, `${eks}/keys`],
  ]
  for (const [issuer, url] of places) {
    const known: Record<string, unknown> = { [url]: keys }
    const { fetch, asked } = documents(known)
    let time = 0
    const verifier = verifierOf(awsWorkload({ issuer, audience, fetch, monotonic: { now: () => time } }))
    const by = (key: typeof rsa) =>
      codeLater(() => verifier.verify(key.token({}, issuer === eks ? ofPod() : { ...ofRole(), iss: issuer })))
    t.equal(await by(rsa), undefined, issuer)
    t.same(asked, [url])
    known[url] = { keys: [next.jwk] }
    time += 60_000
    t.equal(await by(next), undefined, 'a new key is fetched at once')
    t.equal(asked.length, 2)
    t.equal(await by(rsa), 'ERR_TOKEN_KEY', 'and the old one is gone')
    verifier.close()
  }
  const { fetch, asked } = documents({ 'https://proxy.example/keys': keys })
  await verifierOf(
    awsWorkload({ issuer: eks, audience, fetch, jwksUri: 'https://proxy.example/keys' }),
  ).ready()
  t.same(asked, ['https://proxy.example/keys'])
})

t.test('the keys of a cluster are fetched once an hour', async t => {
  for (const [issuer, refreshAfter, fetches] of [
    [eks, undefined, 1],
    [eks, 300, 2],
    [sts, undefined, 2],
    [sts, 3_600, 1],
  ] as const) {
    const known = { [`${eks}/keys`]: keys, [`${sts}/.well-known/jwks.json`]: keys }
    const { fetch, asked } = documents(known)
    let time = 0
    const options = { issuer, audience, fetch, ...(refreshAfter && { refreshAfter }) }
    const verifier = verifierOf(awsWorkload({ ...options, monotonic: { now: () => time } }))
    const token = rsa.token({}, issuer === eks ? ofPod() : ofRole())
    await verifier.verify(token)
    time += 400_000
    await verifier.verify(token)
    await new Promise(setImmediate)
    t.equal(asked.length, fetches, `${issuer}, ${refreshAfter}`)
    verifier.close()
  }
  t.doesNotThrow(() => awsWorkload({ issuer: eks, audience, refreshAfter: undefined as never }))
})

t.test('a test issuer signs for a workload', async t => {
  const source = createTestIssuer({ clock })
  const options = { jwks: source.jwks(), offline: true }
  t.throws(() => trusted(options), new TypeError('awsWorkload: jwks has no usable key'))
  const tested = verifierOf(trusted({ ...options, insecureTestKeys: true }))
  t.match(await tested.verify(source.sign({ claims: ofRole() })), { principal: { subject: role } })
})

t.test('a workload is revoked by its subject', async t => {
  const revocations = memoryRevocations({ clock })
  const revocable = createVerifier({ issuers: [trusted(), trusted({ issuer: eks })], clock, revocations })
  const [one, other] = [rsa.token({}, ofRole()), rsa.token({}, ofPod())]
  await revocable.verify(one)
  revocations.revokeUser({ issuer: sts, subject: role })
  t.equal(await codeLater(() => revocable.verify(one)), 'ERR_TOKEN_REVOKED')
  t.equal(await codeLater(() => revocable.verify(other)), undefined)
})

t.test('it goes into any mix, and into tenants', async t => {
  const pool = userPool({ userPoolId: 'eu-west-1_Strict123', clientId: 'c' })
  const found = tenants(iss => (iss === sts ? trusted() : undefined), { algorithms: ['RS256', 'ES384'] })
  for (const issuers of [[pool, trusted()], [found]] as const)
    t.equal(await codeLater(() => verifierOf(...issuers).verify(ec.token({}, ofRole()))), undefined)
})

t.test('options', async t => {
  const accepted = [
    sts,
    'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws',
    `https://${uuid}.tokens.sts.global.api.amazonwebservices.com.cn`,
    eks,
    'https://oidc.eks.us-gov-west-1.amazonaws.com/id/8EBD00BAE',
    'https://oidc.eks.ap-southeast-1.amazonaws.com/id/8EBD00BAE',
    'https://oidc.eks.cn-northwest-1.amazonaws.com.cn/id/EB8440E65FAFC194F7021319931A59AD',
    'https://oidc-eks.us-west-2.api.aws/id/8EBD00BAE',
    'https://oidc-eks.cn-north-1.api.amazonwebservices.com.cn/id/8EBD00BAE',
  ]
  for (const issuer of accepted) t.same(awsWorkload({ issuer, audience }).issuers, [issuer])
  const refused = [
    'https://sts.amazonaws.com',
    'https://tokens.sts.global.api.aws',
    `${sts}/`,
    sts.replace('https', 'http'),
    sts.replace('https', 'HTTPS'),
    `${sts}.evil.example`,
    `https://evil.example/${uuid}.tokens.sts.global.api.aws`,
    `https://a.${uuid}.tokens.sts.global.api.aws`,
    `https://x@${uuid}.tokens.sts.global.api.aws`,
    sts.replace('global', 'eu-west-1'),
    sts.replace('tokens.sts', 'tokensxsts'),
    'https://-a.tokens.sts.global.api.aws',
    `${eks}/`,
    `${eks}/keys`,
    eks.replace('https', 'http'),
    eks.replace('/id/', '/'),
    eks.replace('EXAMPLE', 'example'),
    eks.replace('amazonaws.com', 'amazonaws.com.evil.example'),
    eks.replace('amazonaws.com', 'amazonaws.com:8443'),
    eks.replace('amazonaws.com', 'amazonaws.com.cn'),
    eks.replace('eu-west-1', 'cn-north-1'),
    eks.replace('eu-west-1', 'eu-west-1.x'),
    eks.replace('oidc.eks', 'oidcxeks'),
    'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Strict123',
    'https://accounts.google.com',
    'http://127.0.0.1:8080',
    '',
    [sts],
    null,
    1,
  ]
  const meant = /^awsWorkload: issuer must be .*userPool, .*identityPool, .*oidcProvider$/
  for (const issuer of refused)
    t.throws(
      () => awsWorkload({ issuer: issuer as string, audience, insecureLoopbackHttp: true }),
      { name: 'TypeError', message: meant },
      JSON.stringify(issuer),
    )
  const wrong: [object, RegExp][] = [
    [{ issuer: undefined }, /^awsWorkload: issuer is undefined$/],
    [{ audience: undefined }, /^awsWorkload: audience is undefined$/],
    [{ audience: '' }, /^awsWorkload: audience must be a non-empty string$/],
    [{ audience: [] }, /^awsWorkload: audience must not be an empty list$/],
    [{ audience: /x/ }, /^awsWorkload: audience must be/],
    [{ jwksUri: 'http://127.0.0.1/keys' }, /^awsWorkload: jwksUri must be an https URL/],
    [{ algorithms: 'RS256' }, /^awsWorkload: algorithms is not an option/],
    [{ kindFrom: () => 'user' }, /^awsWorkload: kindFrom is not an option/],
    [{ insecureIgnoreConfirmation: true }, /^awsWorkload: insecureIgnoreConfirmation is not an option/],
    [{ refreshAfter: 0 }, /^awsWorkload: refreshAfter must be a number of seconds/],
    [{ maxAge: 7_199, issuer: eks }, /^awsWorkload: maxAge must be at least twice refreshAfter$/],
    [{ jwks: { keys: [] } }, /^awsWorkload: jwks has no usable key$/],
  ]
  for (const [options, message] of wrong)
    t.throws(() => awsWorkload({ issuer: sts, audience, ...options }), { name: 'TypeError', message })
  t.throws(() => awsWorkload(undefined as never), new TypeError('awsWorkload: options must be an object'))
})
