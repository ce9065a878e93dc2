import {
  awsWorkload,
  byRole,
  byServiceAccount,
  createGuard,
  createVerifier,
  isMachine,
  isUser,
  oidcProvider,
  type Policy,
  some,
  userPool,
} from 'cognito-guard'
import t from 'tap'
import { signer } from '../issuers/signing.js'
import { clientId, clock, now, userPoolId } from '../mint.js'

const sts = 'https://a103a2cc-b461-473d-84fe-6c4f6d45af88.tokens.sts.global.api.aws'
const elsewhere = 'https://c103a2cc-b461-473d-84fe-6c4f6d45af88.tokens.sts.global.api.aws'
const eks = 'https://oidc.eks.eu-west-1.amazonaws.com/id/AAAA'
const test = 'https://oidc.eks.eu-west-1.amazonaws.com/id/BBBB'
const stranger = 'https://login.example'
const pool = `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`

const key = signer('RS256', 'k')
const keys = { jwks: { keys: [key.jwk] }, offline: true, audience: 'api' } as const
const verifier = createVerifier({
  issuers: [
    ...[sts, eks, test].map(issuer => awsWorkload({ issuer, ...keys })),
    oidcProvider({ issuer: stranger, kindFrom: ({ kind }) => kind, ...keys }),
    // trusted otherwise, and taken for people
    oidcProvider({ issuer: elsewhere, kindFrom: ({ kind }) => kind ?? 'machine', ...keys }),
    userPool({ userPoolId, clientId, jwks: keys.jwks, offline: true }),
  ],
  clock,
})

async function answer(policy: Policy, claims: object) {
  const token = key.token({}, { aud: 'api', exp: now + 300, iat: now, ...claims })
  const decision = await createGuard({ verifier, policy })({
    header: name => (name === 'authorization' ? `Bearer ${token}` : undefined),
  })
  return decision.authorized || decision.error.code
}
const refused = 'ERR_PERMISSION_DENIED'

const arn = (text: string) => `arn:aws:iam::111122223333:${text}`
const session = (text: string) => `arn:aws:sts::111122223333:assumed-role/${text}`
const called = (principal_id: string) => ({ 'https://sts.amazonaws.com/': { principal_id } })

t.test('byRole', async t => {
  const billing = byRole(arn('role/billing'))
  const cases: [string, Policy, object, boolean][] = [
    ['the role', billing, { sub: arn('role/billing') }, true],
    [
      'the role, as STS says it twice',
      billing,
      { sub: arn('role/billing'), ...called(arn('role/billing')) },
      true,
    ],
    ['its session', billing, { sub: session('billing/i-0123456789abcdef0') }, true],
    ['a session that is named like another role', billing, { sub: session('orders/billing') }, false],
    [
      'a role that is named like a session',
      byRole(arn('role/orders')),
      { sub: session('billing/orders') },
      false,
    ],
    ['one of several', byRole(arn('role/a'), arn('role/billing')), { sub: session('billing/xy') }, true],
    ['a longer name', billing, { sub: arn('role/billing2') }, false],
    ['a session of a longer name', billing, { sub: session('billing2/session') }, false],
    ['a shorter name', byRole(arn('role/billing2')), { sub: arn('role/billing') }, false],
    ['another case', billing, { sub: arn('role/Billing') }, false],
    ['a role with a path', billing, { sub: arn('role/team/billing') }, false],
    ['a path, named', byRole(arn('role/team/billing')), { sub: arn('role/team/billing') }, true],
    ['no path, though one is named', byRole(arn('role/team/billing')), { sub: arn('role/billing') }, false],
    [
      'a session, of which the path is unknown',
      byRole(arn('role/team/billing')),
      { sub: session('billing/xy') },
      false,
    ],
    [
      'a session, of which STS names the path',
      byRole(arn('role/team/billing')),
      { sub: session('billing/xy'), ...called(arn('role/team/billing')) },
      true,
    ],
    [
      'a session of a role with a path, though none is named',
      billing,
      { sub: session('billing/xy'), ...called(arn('role/team/billing')) },
      false,
    ],
    ['another account', billing, { sub: arn('role/billing').replace('1111', '4444') }, false],
    ['another account’s session', billing, { sub: session('billing/xy').replace('1111', '4444') }, false],
    ['another partition', billing, { sub: arn('role/billing').replace('aws', 'aws-cn') }, false],
    [
      'another partition’s session',
      billing,
      { sub: session('billing/xy').replace('aws', 'aws-us-gov') },
      false,
    ],
    ['a user of its name', billing, { sub: arn('user/billing') }, false],
    [
      'a service account of its name',
      billing,
      { iss: eks, sub: 'system:serviceaccount:role:billing' },
      false,
    ],
    ['somebody else’s subject', billing, { iss: stranger, sub: arn('role/billing'), kind: 'machine' }, false],
    [
      'somebody else’s session',
      billing,
      { iss: stranger, sub: session('billing/xy'), kind: 'machine' },
      false,
    ],
    ['a user’s subject', billing, { iss: stranger, sub: arn('role/billing'), kind: 'user' }, false],
    ['another trusted account’s issuer', billing, { iss: elsewhere, sub: arn('role/billing') }, true],
    [
      'whom the application takes for a user',
      billing,
      { iss: elsewhere, sub: arn('role/billing'), kind: 'user' },
      false,
    ],
    [
      'a user of a user pool',
      billing,
      {
        iss: pool,
        aud: undefined,
        sub: arn('role/billing'),
        token_use: 'access',
        client_id: clientId,
        username: 'x',
      },
      false,
    ],
    [
      'a machine of a user pool',
      billing,
      { iss: pool, aud: undefined, sub: clientId, token_use: 'access', client_id: clientId },
      false,
    ],
  ]
  for (const [what, policy, claims, permits] of cases)
    t.strictSame(await answer(policy, { iss: sts, ...claims }), permits || refused, what)
  t.equal(billing.challenge, undefined)
  t.strictSame(await answer(isMachine, { iss: sts, sub: arn('role/billing') }), true)
  t.strictSame(await answer(some(isUser, billing), { iss: sts, sub: arn('role/x') }), refused)
})

t.test('byServiceAccount', async t => {
  const orders = byServiceAccount('shop', 'orders')
  const sub = 'system:serviceaccount:shop:orders'
  const cases: [string, Policy, object, boolean][] = [
    ['the account', orders, { sub }, true],
    ['of any trusted cluster', orders, { iss: test, sub }, true],
    ['of the cluster', byServiceAccount('shop', 'orders', eks), { sub }, true],
    ['of one of the clusters', byServiceAccount('shop', 'orders', test, eks), { sub }, true],
    ['of another cluster', byServiceAccount('shop', 'orders', eks), { iss: test, sub }, false],
    ['another name', orders, { sub: `${sub}2` }, false],
    ['a name that goes on', orders, { sub: `${sub}.v2` }, false],
    ['another namespace', orders, { sub: 'system:serviceaccount:shop2:orders' }, false],
    ['a namespace that goes on', orders, { sub: 'system:serviceaccount:a-shop:orders' }, false],
    ['the other way round', orders, { sub: 'system:serviceaccount:orders:shop' }, false],
    ['a role of its name', orders, { iss: sts, sub: arn('role/orders') }, false],
    ['somebody else’s subject', orders, { iss: stranger, sub, kind: 'machine' }, false],
    ['a user’s subject', orders, { iss: stranger, sub, kind: 'user' }, false],
    ['STS’ subject, trusted otherwise', orders, { iss: elsewhere, sub }, false],
  ]
  for (const [what, policy, claims, permits] of cases)
    t.strictSame(await answer(policy, { iss: eks, ...claims }), permits || refused, what)
  t.equal(orders.challenge, undefined)
})

t.test('arguments', async t => {
  const roles: unknown[][] = [
    [],
    [undefined],
    [''],
    ['billing'],
    ['role/billing'],
    [arn('role/billing'), undefined],
    [[arn('role/billing')]],
    [arn('role/*')],
    [arn('role/team/*/billing')],
    [arn('role/te?m/billing')],
    ['arn:aws:iam::*:role/billing'],
    [arn('user/billing')],
    [arn('root')],
    [session('billing/session')],
    [arn('role/billing/')],
    [`${arn('role/billing')} `],
    [arn('role/billing').replace('aws', 'aws-iso')],
  ]
  for (const args of roles)
    t.throws(
      () => byRole(...(args as [string])),
      { name: 'TypeError', message: /^byRole: expected exact ARNs/ },
      JSON.stringify(args),
    )
  for (const partition of ['aws', 'aws-cn', 'aws-us-gov'])
    t.type(byRole(arn('role/a/b/billing').replace('aws', partition)), 'function')

  const accounts: unknown[][] = [
    [],
    ['shop'],
    ['shop', undefined],
    ['shop', ''],
    ['', 'orders'],
    ['*', 'orders'],
    ['shop', '*'],
    ['Shop', 'orders'],
    ['shop', 'Orders'],
    ['shop', 'orders:x'],
    ['shop:orders', 'x'],
    [['shop'], 'orders'],
    ['shop', ['orders']],
    ['system:serviceaccount:shop', 'orders'],
  ]
  for (const args of accounts)
    t.throws(
      () => byServiceAccount(...(args as [string, string])),
      { name: 'TypeError', message: /^byServiceAccount: expected the namespace and the name/ },
      JSON.stringify(args),
    )
  for (const issuer of [undefined, '', sts, `${eks}/`, 'AAAA', [eks]])
    t.throws(
      () => byServiceAccount('shop', 'orders', issuer as string),
      { name: 'TypeError', message: /^byServiceAccount: expected issuers of EKS clusters/ },
      String(issuer),
    )
})
