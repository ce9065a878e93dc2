// What is required at run time is required by the types: each call here must not compile, and throws at start-up all the same.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  behindLoadBalancer,
  createGuard,
  createVerifier,
  loadBalancer,
  oidcProvider,
  tenants,
  type UserPoolOptions,
  userPool,
  verifiedAccess,
} from 'cognito-guard'
import t from 'tap'
import { z } from 'zod'

const userPoolId = 'eu-west-1_AbCdEf123'
const clientId = '1example23456789'
const resource = 'https://api.example.com'
const issuer = 'https://idp.example'
const loadBalancerArn =
  'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/my-app/0123456789abcdef'
const instanceArn = 'arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0'
const fromEnvironment = process.env.NOT_SET

t.test('what is missing does not compile, and throws with its name', async t => {
  const calls: [RegExp, () => unknown][] = [
    // @ts-expect-error
    [/^userPool: clientId is undefined/, () => userPool({ userPoolId })],
    // @ts-expect-error
    [/^userPool: clientId is undefined/, () => userPool({ userPoolId, tokenUse: 'id' })],
    // @ts-expect-error
    [/^userPool: clientId is undefined/, () => userPool({ userPoolId, clientId: undefined })],
    // @ts-expect-error
    [/^userPool: clientId is undefined/, () => userPool({ userPoolId, clientId: fromEnvironment })],
    // @ts-expect-error
    [/^userPool: clientId is undefined/, () => userPool({ userPoolId, resource })],
    // @ts-expect-error
    [/^userPool: clientId is undefined/, () => userPool({ userPoolId, anyClient: false })],
    // @ts-expect-error
    [/^userPool: clientId is undefined/, () => userPool({ userPoolId, insecureSkipClientCheck: false })],
    // @ts-expect-error
    [/^userPool: userPoolId is undefined/, () => userPool({ clientId })],
    // @ts-expect-error
    [/^userPool: resource is undefined/, () => userPool({ userPoolId, anyClient: true })],
    // @ts-expect-error
    [/^userPool: clientId cannot/, () => userPool({ userPoolId, anyClient: true, resource, clientId })],
    // @ts-expect-error
    [/^userPool: tokenUse must/, () => userPool({ userPoolId, anyClient: true, resource, tokenUse: 'id' })],
    [
      /^userPool: insecureSkipClientCheck cannot/,
      // @ts-expect-error
      () => userPool({ userPoolId, anyClient: true, resource, insecureSkipClientCheck: true }),
    ],
    [
      /^userPool: requireResource must/,
      // @ts-expect-error
      () => userPool({ userPoolId, anyClient: true, resource, requireResource: false }),
    ],
    // @ts-expect-error
    [/^userPool: resource is undefined/, () => userPool({ userPoolId, clientId, requireResource: true })],
    // @ts-expect-error
    [/^oidcProvider: audience is undefined/, () => oidcProvider({ issuer })],
    // @ts-expect-error
    [/^oidcProvider: issuer is undefined/, () => oidcProvider({ audience: 'api' })],
    // @ts-expect-error
    [/^loadBalancer: clientId is undefined/, () => loadBalancer({ loadBalancerArn, issuer })],
    // @ts-expect-error
    [/^loadBalancer: issuer is undefined/, () => loadBalancer({ loadBalancerArn, clientId })],
    // @ts-expect-error
    [/^loadBalancer: clientId is undefined/, () => behindLoadBalancer({ loadBalancerArn, issuer })],
    // @ts-expect-error
    [/^verifiedAccess: issuer is undefined/, () => verifiedAccess({ instanceArn })],
    // @ts-expect-error
    [/^tenants: resolve is undefined/, () => tenants()],
    // @ts-expect-error
    [/^createVerifier: issuers is undefined/, () => createVerifier({})],
    // @ts-expect-error
    [/^createGuard: verifier is undefined/, () => createGuard({})],
  ]
  for (const [message, call] of calls) t.throws(call, message, String(call))
})

t.test('what is enough compiles', async t => {
  const isProduction = process.env.NODE_ENV === 'production'
  const options: UserPoolOptions = { userPoolId, clientId }
  const pools = [
    userPool(options),
    userPool({ ...options, refreshAfter: 600 }),
    userPool({ userPoolId, clientId: [clientId, 'other'], insecureSkipClientCheck: isProduction }),
    userPool({ userPoolId, clientId, resource, requireResource: isProduction }),
    userPool({ userPoolId, clientId, resource, requireResource: true, machineScope: 'orders/read' }),
    userPool({ userPoolId, insecureSkipClientCheck: true }),
    userPool({ userPoolId, insecureSkipClientCheck: true, tokenUse: ['access', 'id'] }),
    userPool({ userPoolId, anyClient: true, resource, machineScope: 'orders/read' }),
    userPool({
      userPoolId,
      anyClient: true,
      resource: [resource],
      tokenUse: 'access',
      requireResource: true,
    }),
    userPool({ userPoolId, clientId, tokenUse: 'id', groupsFrom: claims => claims['custom:groups'] }),
  ]
  t.equal(new Set(pools.map(({ name }) => name)).size, 1)
  const named: readonly (string | undefined)[] = [options.clientId].flat()
  t.same(named, [clientId], 'and an option of them can be read')
  const shop = userPool({
    userPoolId,
    clientId,
    claims: z.looseObject({ 'custom:plan': z.enum(['free', 'pro']) }),
  })
  type Claims = ReturnType<(typeof shop)['validate']>
  const plan: 'free' | 'pro' extends Claims['custom:plan'] ? true : false = true
  t.ok(plan, 'the output of a schema types the claims')
})

t.test('a compiler names the option, and not the one that switches the check off', async t => {
  const calls: readonly (readonly [options: string, names: RegExp])[] = [
    ['', /'clientId' is missing/],
    [`, clientId: undefined`, /Type 'undefined' is not assignable to type 'string \| readonly string/],
    [`, clientId: 'x', requireResource: true`, /'resource' is missing/],
    [`, anyClient: true`, /'resource' is missing/],
  ]
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
  }
  const files = calls.map(([options], index) => [
    `${index}.ts`,
    `import { userPool } from 'cognito-guard'\nuserPool({ userPoolId: '${userPoolId}'${options} })\n`,
  ])
  const cwd = t.testdir({
    ...Object.fromEntries(files),
    'tsconfig.json': JSON.stringify({ compilerOptions }),
  })
  for (const compiler of ['typescript7', 'typescript']) {
    const path = fileURLToPath(new URL(`../../../node_modules/${compiler}/bin/tsc`, import.meta.url))
    // tap's hooks, in which compilers do not start, come back into every environment that is given here
    const args = ['-u', 'NODE_OPTIONS', process.execPath, path, '--pretty', 'false']
    const { stdout } = spawnSync('env', args, { cwd, encoding: 'utf8' })
    const errors = stdout.split(/^(?=\d\.ts)/m)
    t.equal(errors.length, calls.length, stdout)
    for (const [index, [options, names]] of calls.entries()) {
      t.match(errors[index], names, `${compiler}: ${options}`)
      t.notMatch(errors[index], /insecure/)
    }
  }
})
