import {
  createVerifier,
  identityPool,
  loadBalancer,
  oidcProvider,
  type UserPoolOptions,
  userPool,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'

const pool = { userPoolId: 'us-east-1_TestIssuer', clientId: 'web' }
const made = (more: Pick<UserPoolOptions, 'jwksUri' | 'insecureHttpHosts'>) => () =>
  userPool({ ...pool, ...more })

t.test('http is for the hosts that are named', async t => {
  const at = (host: string) => `http://${host}/jwks.json`
  for (const host of [
    'cognito:9400',
    'my_cognito',
    'host.docker.internal:9400',
    'cognito.default.svc.cluster.local',
    'cognito.test',
    '10.0.2.2:9400',
    '192.168.1.20',
    '172.16.0.2',
    '172.31.255.255',
  ]) {
    const insecureHttpHosts = [host.replace(/:\d+$/, '')]
    t.doesNotThrow(made({ jwksUri: at(host), insecureHttpHosts }), host)
    t.doesNotThrow(
      made({ jwksUri: at(host), insecureHttpHosts: insecureHttpHosts[0] as string }),
      'as a text',
    )
  }
  for (const [host, insecureHttpHosts] of [
    ['cognito', ['cognit']],
    ['cognito', ['cognito2']],
    ['cognit', 'cognito'],
    ['a.cognito', ['cognito']],
    ['cognito.evil.example', ['cognito']],
    ['127.0.0.1', ['cognito']],
    ['10.0.2.20', ['10.0.2.2']],
    ['cognito', undefined],
  ] as const) {
    const options = { jwksUri: at(host), ...(insecureHttpHosts && { insecureHttpHosts }) }
    t.throws(
      made(options),
      { message: /^userPool: jwksUri must be an https URL/ },
      `${host} for ${String(insecureHttpHosts)}`,
    )
  }
})

t.test('a host of the public network is none', async t => {
  for (const host of [
    'example.com',
    'cognito.example',
    'cognito-idp.us-east-1.amazonaws.com',
    'evil.internal.example',
    '8.8.8.8',
    '11.0.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '169.254.169.254',
    'cognito:9400',
    'http://cognito',
    '*',
    '*.internal.',
    'Cognito',
    '',
    1,
    null,
  ])
    t.throws(
      made({ insecureHttpHosts: [host as string] }),
      {
        name: 'TypeError',
        message: /^userPool: insecureHttpHosts has an entry that must be a private host name/,
      },
      String(host),
    )
  t.throws(made({ insecureHttpHosts: [] }), { message: /insecureHttpHosts must not be an empty list/ })
})

t.test('it is for development', async t => {
  const { NODE_ENV } = process.env
  t.teardown(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  })
  process.env.NODE_ENV = 'production'
  t.throws(made({ insecureHttpHosts: ['cognito'] }), { message: /NODE_ENV not production/ })
  t.doesNotThrow(made({}))
})

t.test('every issuer that fetches keys has it', async t => {
  const hosts = { insecureHttpHosts: ['cognito'] }
  const keys = 'http://cognito:9400/keys'
  t.doesNotThrow(() =>
    identityPool({
      identityPoolId: 'us-east-1:10ca1de0-0000-4000-a000-000000000000',
      jwksUri: keys,
      ...hosts,
    }),
  )
  t.doesNotThrow(() => oidcProvider({ issuer: 'http://cognito:9400/x', audience: 'a', ...hosts }))
  t.doesNotThrow(() =>
    loadBalancer({
      loadBalancerArn:
        'arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/x/0123456789abcdef',
      issuer: 'https://issuer.example',
      clientId: 'web',
      publicKeysUrl: keys,
      ...hosts,
    }),
  )
})

t.test('keys from such a host verify', async t => {
  const issuer = createTestIssuer()
  const jwksUri = 'http://cognito:9400/us-east-1_TestIssuer/.well-known/jwks.json'
  const asked: string[] = []
  const verifier = createVerifier({
    clock: issuer.clock,
    issuers: [
      userPool({
        ...issuer.options,
        jwksUri,
        insecureHttpHosts: ['cognito'],
        async fetch(url) {
          asked.push(url)
          return Response.json(issuer.jwks())
        },
      }),
    ],
  })
  t.equal((await verifier.verify(issuer.accessToken())).principal.kind, 'user')
  t.same(asked, [jwksUri])
})
