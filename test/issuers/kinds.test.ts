import {
  createGuard,
  createVerifier,
  isMachine,
  isUser,
  not,
  type OidcProviderOptions,
  oidcProvider,
  type Policy,
  type TrustedIssuer,
} from 'cognito-guard'
import t from 'tap'
import { signer } from './signing.js'

const iss = 'https://login.example/'
const now = 1_800_000_000
const clock = { now: () => now * 1000 }
const rs256 = signer('RS256')
const tid = '9122040d-6c67-4c5b-b112-36a304b66dad'

const verifierOf = (options: Partial<OidcProviderOptions> = {}) =>
  createVerifier({
    issuers: [
      oidcProvider({ issuer: iss, audience: 'api', jwks: { keys: [rs256.jwk] }, offline: true, ...options }),
    ],
    clock,
  })
const verifier = verifierOf()

const tokenOf = (claims: object) => rs256.token({}, { iss, aud: 'api', iat: now, exp: now + 600, ...claims })

const principalOf = async (claims: object, options?: Partial<OidcProviderOptions>) =>
  (await verifierOf(options).verify(tokenOf(claims))).principal

async function permits(policy: Policy, claims: object): Promise<boolean> {
  const header = (name: string) => (name === 'authorization' ? `Bearer ${tokenOf(claims)}` : undefined)
  return (await createGuard({ verifier, policy })({ header })).authorized
}

/** What clients get for themselves, as the providers write it. */
const machines: readonly (readonly [name: string, claims: object, clientId?: string])[] = [
  ['Auth0', { sub: 'AbC@clients', azp: 'AbC', gty: 'client-credentials', scope: 'read' }, 'AbC'],
  ['Auth0, the grant alone', { sub: 'x', azp: 'AbC', gty: 'client-credentials' }, 'AbC'],
  ['Auth0, the subject alone', { sub: 'AbC@clients', azp: 'AbC' }, 'AbC'],
  ['Auth0, a list of grants', { sub: 'x', gty: ['refresh_token', 'client-credentials'], sid: 's' }],
  ['FusionAuth', { sub: 'entity', gty: ['client_credentials'], tid }],
  ['UAA', { sub: 'x', cid: 'batch', grant_type: 'client_credentials', auth_time: now }, 'batch'],
  ['Okta', { sub: '0oa1', cid: '0oa1', scp: ['read'] }, '0oa1'],
  ['Entra ID v2', { sub: 'o', oid: 'o', azp: 'app', idtyp: 'app', roles: ['r'], tid, ver: '2.0' }, 'app'],
  ['Entra ID v1', { sub: 'o', oid: 'o', appid: 'app', idtyp: 'app', tid, ver: '1.0' }, 'app'],
  ['Entra ID v2, without idtyp', { sub: 'o', oid: 'o', azp: 'app', roles: ['r'], tid }, 'app'],
  ['Entra ID v1, without idtyp', { sub: 'o', oid: 'o', appid: 'app', idp: 'https://sts', tid }, 'app'],
  ['Entra ID, with a name', { sub: 'o', oid: 'o', azp: 'app', tid, preferred_username: 'batch' }, 'app'],
  ['Entra ID, a device', { sub: 'o', oid: 'o', azp: 'app', tid, idtyp: 'device', scp: 'read' }, 'app'],
  ['Entra ID, a malformed idtyp', { sub: 'o', oid: 'o', idtyp: ['user'], email: 'a@example.com' }],
  [
    'Keycloak',
    {
      sub: 'e1f2',
      azp: 'Batch',
      client_id: 'Batch',
      preferred_username: 'service-account-batch',
      acr: '1',
      email_verified: false,
      scope: 'openid email profile',
      sid: 's',
    },
    'Batch',
  ],
  ['Keycloak, exchanged', { sub: 'e1f2', azp: 'web', preferred_username: 'service-account-batch' }, 'web'],
  [
    'Keycloak, without a name',
    { sub: 'e1f2', azp: 'batch', clientHost: '10.0.0.1', clientAddress: '10.0.0.1', sid: 's' },
    'batch',
  ],
  ['Keycloak, long ago', { sub: 'e1f2', azp: 'batch', auth_time: 0, acr: '1', typ: 'Bearer' }, 'batch'],
  [
    'authentik',
    { sub: 'h', azp: 'c', preferred_username: 'ak-batch-client_credentials', auth_time: now },
    'c',
  ],
  ['Duende', { client_id: 'm2m', scope: ['scope1'], jti: 'j' }, 'm2m'],
  ['PingFederate', { client_id: 'm2m', scope: 'read' }, 'm2m'],
  ['RFC 9068', { sub: 'c1', client_id: 'c1', scope: 'read' }, 'c1'],
  [
    'RFC 9068, with what only persons have',
    { sub: 'c1', client_id: 'c1', auth_time: now, email: 'a@b' },
    'c1',
  ],
  ['another of its client IDs', { sub: 'c1', client_id: 'c2', azp: 'c1', nonce: 'n' }, 'c2'],
  [
    'Google',
    { sub: '1139', azp: '1139', email: 'batch@p.iam.gserviceaccount.com', email_verified: true },
    '1139',
  ],
  ['Google, another azp', { sub: '1139', azp: 'x', email: 'batch@p.iam.gserviceaccount.com' }, 'x'],
  ['Google, App Engine', { sub: '1', azp: 'x', email: 'service@gcp-sa-x.gserviceaccount.com' }, 'x'],
  ['WSO2', { sub: 'owner@example', azp: 'c', aut: 'APPLICATION', auth_time: now }, 'c'],
  [
    'AWS STS',
    {
      sub: 'arn:aws:iam::111122223333:role/Batch',
      'https://sts.amazonaws.com/': { aws_account: '111122223333', principal_tags: { email: 'a@b' } },
    },
  ],
  ['AWS STS, of the origin', { sub: 'AROA:x', 'https://sts.amazonaws.com/': {}, email: 'a@b' }],
  ['an ARN', { sub: 'arn:aws-us-gov:sts::111122223333:assumed-role/Batch/s', email: 'a@b' }],
  ['EKS', { sub: 'system:serviceaccount:default:batch', 'kubernetes.io': {}, email: 'a@b' }],
  ['SPIFFE', { sub: 'spiffe://example.org/batch', sid: 's' }],
  ['GitHub Actions', { sub: 'repo:o/r:ref:refs/heads/main', actor: 'ada', repository_owner: 'o' }],
]

const people: readonly (readonly [name: string, claims: object, clientId?: string])[] = [
  ['an ID token with a nonce', { sub: 'u', nonce: 'n' }],
  ['an ID token of a session', { sub: 'u', sid: 's' }],
  ['an ID token with an address', { sub: 'u', email: 'ada@example.com' }],
  ['an ID token with a name', { sub: 'u', given_name: 'Ada' }],
  ['an ID token with a family’s name', { sub: 'u', family_name: 'Lovelace' }],
  ['Google', { sub: '1', azp: 'web', email: 'ada@gmail.com', email_verified: true }, 'web'],
  ['Google, a name that looks alike', { sub: '1', email: 'ada@notgserviceaccount.com' }],
  ['Apple', { sub: '001.a', auth_time: now, nonce_supported: true }],
  ['Auth0, a database user', { sub: 'auth0|5f7', azp: 'web', scope: 'openid profile' }, 'web'],
  ['Auth0, Google', { sub: 'google-oauth2|103', azp: 'web' }, 'web'],
  ['Auth0, enterprise', { sub: 'samlp|corp|ada', azp: 'web' }, 'web'],
  ['Auth0, with a password', { sub: 'x', azp: 'web', gty: 'password' }, 'web'],
  ['FusionAuth', { sub: 'x', gty: ['authorization_code', 'refresh_token'], tid }],
  ['a device code', { sub: 'x', gty: 'urn:ietf:params:oauth:grant-type:device_code' }],
  ['UAA', { sub: 'x', cid: 'web', grant_type: 'authorization_code' }, 'web'],
  ['Okta', { sub: 'ada@example.com', uid: '00u1', cid: '0oa1', scp: ['read'] }, '0oa1'],
  ['Entra ID v2', { sub: 's', oid: 'o', azp: 'web', scp: 'access_as_user', tid, ver: '2.0' }, 'web'],
  ['Entra ID v1', { sub: 's', oid: 'o', appid: 'web', scp: 'access_as_user', tid, ver: '1.0' }, 'web'],
  ['Entra ID, with idtyp', { sub: 's', oid: 'o', azp: 'web', idtyp: 'user', tid }, 'web'],
  ['Entra ID, an ID token', { sub: 's', oid: 'o', tid, preferred_username: 'ada@example.com' }],
  ['Azure AD B2C', { sub: 's', azp: 'web', scp: 'read', tfp: 'B2C_1_signin' }, 'web'],
  ['Keycloak', { sub: 'e', azp: 'web', preferred_username: 'ada', sid: 's', acr: '1' }, 'web'],
  ['another provider, with tenants', { sub: 'e', azp: 'web', sid: 's', tid: 't1' }, 'web'],
  ['Duende', { sub: '1', client_id: 'web', idp: 'local', auth_time: now, amr: ['pwd'] }, 'web'],
  ['how they signed in', { sub: '1', client_id: 'web', amr: ['pwd'] }, 'web'],
  ['WSO2', { sub: 'u', azp: 'c', aut: 'APPLICATION_USER' }, 'c'],
]

/** Nothing in these shows that there is a person. */
const doubtful: readonly (readonly [name: string, claims: object])[] = [
  ['nothing', { sub: 'u' }],
  ['a client', { sub: 'u', client_id: 'web', scope: 'read' }],
  ['scopes that mention a person', { sub: 'u', client_id: 'web', scope: 'openid email profile' }],
  ['a scp of nobody’s tenant', { sub: 'u', scp: 'read' }],
  ['a list in scp', { sub: 'u', scp: ['read'], tid }],
  ['roles and groups', { sub: 'u', roles: ['admin'], groups: ['admin'] }],
  ['an account without a client', { sub: 'u', uid: '1' }],
  ['a client that is no text', { sub: 'u', uid: '1', cid: 7, appid: ['x'] }],
  ['an assurance', { sub: 'u', acr: '1' }],
  ['a bar in its subject', { sub: 'service|batch', azp: 'x' }],
  ['a connection without a user', { sub: 'auth0|', azp: 'x' }],
  [
    'signs of another type',
    { sub: 'u', nonce: 1, sid: {}, email: ['a@b'], preferred_username: null, amr: 'pwd' },
  ],
  ['signs with nothing in them', { sub: 'u', nonce: '', sid: '', email: '', given_name: '', amr: [] }],
  ['amr of nothing', { sub: 'u', amr: [''] }],
  ['a grant of another type', { sub: 'u', gty: { password: true }, grant_type: 1 }],
  ['a grant that either may have', { sub: 'u', gty: 'refresh_token' }],
]

t.test('machines are no people', async t => {
  for (const [name, claims, clientId] of machines) {
    const { subject, ...principal } = await principalOf(claims)
    t.match(principal, { kind: 'machine', clientId }, name)
    t.equal(subject, 'sub' in claims ? claims.sub : clientId, `${name}: the client where there is no subject`)
    t.equal(await permits(isUser, claims), false, `${name}: isUser`)
    t.equal(await permits(isMachine, claims), true, `${name}: isMachine`)
    t.equal(await permits(not(isMachine), claims), false, `${name}: not(isMachine)`)
  }
})

t.test('people are people where something shows it', async t => {
  for (const [name, claims, clientId] of people) {
    t.match(await principalOf(claims), { kind: 'user', clientId }, name)
    t.equal(await permits(isUser, claims), true, `${name}: isUser`)
    t.equal(await permits(isMachine, claims), false, `${name}: isMachine`)
  }
  for (const [name, claims] of doubtful) {
    t.equal((await principalOf(claims)).kind, 'machine', name)
    t.equal(await permits(isUser, claims), false, `${name}: isUser`)
  }
})

t.test('a person at Google, with the scope openid alone', async t => {
  const issuer = 'https://accounts.google.com'
  const google = { issuer, jwksUri: 'https://www.googleapis.com/oauth2/v3/certs' }
  const own = { iss: issuer, sub: '1', azp: '1-a.apps.googleusercontent.com', at_hash: 'h' }
  t.equal((await principalOf(own, google)).kind, 'user')
  t.equal((await principalOf({ ...own, iss })).kind, 'machine', 'elsewhere the name means nothing')
  for (const azp of ['2', undefined, 7]) {
    const kind = principalOf({ ...own, azp }, google).then(
      principal => principal.kind,
      error => error.code,
    )
    t.equal(await kind, azp === 7 ? 'ERR_TOKEN_CLAIM' : 'machine', String(azp))
  }
})

t.test('who signed in without saying who they are is a guest', async t => {
  const firebase = { sub: 'u', auth_time: now, firebase: { sign_in_provider: 'anonymous' } }
  const supabase = { sub: 'u', email: 'a@b', is_anonymous: true }
  for (const claims of [firebase, supabase]) {
    t.equal((await principalOf(claims)).kind, 'guest')
    t.equal(await permits(isUser, claims), false)
    t.equal(await permits(not(isUser), claims), false, 'let through by nothing that does not name guests')
  }
  for (const other of [
    { firebase: null },
    { firebase: { sign_in_provider: 'password' } },
    { is_anonymous: false },
  ])
    t.equal((await principalOf({ sub: 'u', auth_time: now, ...other })).kind, 'user')
})

t.test('an issuer of one’s own that does not say whom its tokens stand for', async t => {
  const own: TrustedIssuer = {
    issuers: [iss],
    algorithms: ['RS256'],
    keys: oidcProvider({ issuer: iss, audience: 'api', jwks: { keys: [rs256.jwk] }, offline: true }).keys,
    validate: (_header, claims) => claims,
  }
  const kindOf = async (claims: object) =>
    (await createVerifier({ issuers: [own], clock }).verify(tokenOf(claims))).principal.kind
  t.equal(await kindOf({ sub: 'u' }), 'machine')
  t.equal(await kindOf({ sub: 'AbC@clients', email: 'a@b' }), 'machine')
  t.equal(await kindOf({ sub: 'u', email: 'a@b' }), 'user')
  t.equal(await kindOf({ sub: 'u', token_use: 'id' }), 'user', 'Cognito’s are a user’s')
})

t.test('an application knows better', async t => {
  const kindFrom: OidcProviderOptions['kindFrom'] = ({ actor }) => actor
  for (const kind of ['user', 'machine', 'guest'] as const)
    for (const claims of [{ sub: 'u' }, { sub: 'c', client_id: 'c' }, { sub: 'u', email: 'a@b' }])
      t.equal((await principalOf({ ...claims, actor: kind }, { kindFrom })).kind, kind)
  for (const wrong of [undefined, null, '', 'User', 'person', 'toString', 1, true, {}, ['user']])
    await t.rejects(principalOf({ sub: 'u', email: 'a@b', actor: wrong }, { kindFrom }), {
      code: 'ERR_TOKEN_CLAIM',
      hint: /^The option kindFrom /,
    })
  const promised = () => Promise.resolve('user')
  await t.rejects(principalOf({ sub: 'u' }, { kindFrom: promised }), { code: 'ERR_TOKEN_CLAIM' })
  const fault = () => {
    throw new RangeError('a fault')
  }
  await t.rejects(principalOf({ sub: 'u' }, { kindFrom: fault }), RangeError('a fault'))

  const nobody = { client_id: 'c', email: 'a@b' }
  t.match(await principalOf({ ...nobody, actor: 'machine' }, { kindFrom }), { kind: 'machine', subject: 'c' })
  for (const actor of ['user', 'guest'])
    await t.rejects(
      principalOf({ ...nobody, actor }, { kindFrom }),
      { code: 'ERR_TOKEN_CLAIM' },
      'a person has a name',
    )
})

t.test('the claims of a machine without a subject', async t => {
  const { claims } = await verifier.verify(tokenOf({ client_id: 'm2m' }))
  const subject: string = claims.sub
  t.equal(subject, 'm2m')
})
