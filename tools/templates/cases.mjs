import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/ensure-installed.mjs'

const readme = readFileSync(join(root, 'README.md'), 'utf8').split('## Quick start')[1]
const lines = block('ts')
/** What the README's quick start tells to run, once for a project. */
const [install, installTypes, setType] = block('sh')
  .trim()
  .split('\n')
  .map(line => line.replace(/ *#.*/, ''))

/**
 * The projects that generators of today make, in a folder `app`: the README's commands that each needs, our files, the project's own
 * build and tests, and what to start and ask.
 */
export const templates = [
  {
    name: 'nest new 12 (ES modules, Vitest)',
    create: 'npx -y @nestjs/cli@12.0.8 new app --skip-git --skip-install --package-manager npm',
    setUp: [install, installTypes],
    files: {
      'src/api.ts': lines,
      'src/api.spec.ts': serverTest(
        'vi',
        "await import('./api.js')",
        "import { expect, test, vi } from 'vitest'",
      ),
    },
    check: ['npm test', 'npm run test:e2e', 'npm run build'],
    start: 'node dist/api.js',
  },
  {
    name: 'nest new 11 (CommonJS, Jest)',
    create: 'npx -y @nestjs/cli@11.0.13 new app --skip-git --skip-install --package-manager npm',
    setUp: [install, installTypes],
    files: { 'src/api.ts': lines, 'src/api.spec.ts': serverTest('jest', "require('./api')") },
    check: ['npm test', 'npm run test:e2e', 'npm run build'],
    start: 'node dist/api.js',
  },
  {
    name: 'create-next-app --empty (without the fonts that a build of its default fetches from Google)',
    create: 'npx -y create-next-app@16.4.3 app --ts --app --empty --yes --skip-install --disable-git',
    setUp: [install, installTypes],
    files: {
      'api.ts': lines,
      'instrumentation.ts':
        "export async function register() {\n  if (process.env.NEXT_RUNTIME === 'nodejs') await import('./api')\n}\n",
      'app/orders/route.ts': withAdapter('fetch', 'Next.js, fetch'),
    },
    check: ['npm run build'],
    start: 'npx next start --hostname 127.0.0.1 --port 0',
    also: /Local: +(http:\S+)/,
  },
  {
    name: 'npm init vite',
    create: 'npm init -y vite@9.3.0 app -- --template vanilla-ts --no-interactive',
    setUp: [install, installTypes],
    files: { 'src/server.ts': lines },
    check: ['npm run build', 'npx vite build --ssr src/server.ts'],
    start: 'node dist/server.js',
  },
  {
    name: 'cdk init',
    create: 'mkdir app && cd app && npx -y aws-cdk@2.1148.1 init app --language typescript --generate-only',
    setUp: [install, installTypes, 'npm install --save-dev esbuild@0.28.2'],
    files: {
      'lambda/api.ts': lines,
      'lambda/orders.ts': withAdapter('lambda', 'Lambda'),
      'test/api.test.ts': serverTest('jest', "require('../lambda/api')"),
      'test/orders.test.ts': lambdaTest(),
    },
    check: ['npm run build', 'npm test'],
  },
  {
    name: 'npm init -y',
    create: 'mkdir app && cd app && npm init -y',
    setUp: [install, installTypes, setType, 'npm install --save-dev typescript@7.0.2', 'npx tsc --init'],
    files: { 'app.js': lines, 'typed.ts': lines },
    check: ['npx tsc --noEmit'],
    start: 'node app.js',
  },
]

/** The first code block in a language of the quick start. */
function block(language) {
  return readme.split(`\`\`\`${language}\n`)[1].split('```')[0]
}

/** The README's verifier and guard with the line of docs/adapters.md for another platform. */
function withAdapter(entry, platform) {
  const guard = lines.split('\n').filter(line => /^const (verifier|guard) /.test(line))
  const adapters = readFileSync(join(root, 'docs/adapters.md'), 'utf8').split('\n')
  return [
    "import { createGuard, createVerifier, hasScope, userPool } from 'cognito-guard'",
    `import { protect } from 'cognito-guard/${entry}'`,
    ...guard,
    adapters.find(line => line.endsWith(`// ${platform}`)),
    '',
  ].join('\n')
}

function serverTest(mocks, load, imports = '') {
  return `${imports}
import { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

test("the README's lines refuse a request without a token", async () => {
  const listen = ${mocks}.spyOn(Server.prototype, 'listen')
  ${load}
  const server = listen.mock.contexts[0] as Server
  const { port } = server.address() as AddressInfo
  const statuses = ['/me', '/orders', '/admin'].map(async path => (await fetch(\`http://127.0.0.1:\${port}\${path}\`)).status)
  expect(await Promise.all(statuses)).toEqual([401, 401, 401])
  server.closeAllConnections()
  server.close()
})
`
}

/** Bundles the function as a stack does, and calls what would be deployed. */
function lambdaTest() {
  return `import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as cdk from 'aws-cdk-lib/core'
import { Template } from 'aws-cdk-lib/assertions'
import { Runtime } from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'

test('a bundled function refuses an event without a token', async () => {
  const app = new cdk.App()
  const stack = new cdk.Stack(app, 'Api')
  new NodejsFunction(stack, 'Orders', { entry: join(__dirname, '../lambda/orders.ts'), runtime: Runtime.NODEJS_22_X })
  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { Handler: 'index.handler' })
  const { directory } = app.synth()
  const asset = readdirSync(directory).find(name => name.startsWith('asset.'))
  const { handler } = require(join(directory, String(asset), 'index.js'))
  const answer = await handler({
    version: '2.0',
    rawPath: '/orders',
    rawQueryString: '',
    headers: {},
    requestContext: { http: { method: 'GET', path: '/orders' } },
  })
  expect(answer.statusCode).toBe(401)
}, 60_000)
`
}
