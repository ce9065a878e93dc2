/** What the projects contain. */

/** One source for each entry, as the documentation writes them. */
export const sources = {
  'main.ts': `import { allowAnonymous, bearer, createGuard, createVerifier, demand, every, hasScope, inGroup, isAuthError, memoryRevocations, oidcProvider, userPool, type Decision, type Principal, type VerifiedToken } from 'cognito-guard'
const verifier = createVerifier({ issuers: [userPool({ userPoolId: 'eu-west-1_AbCdEf123', clientId: 'abc' }), oidcProvider({ issuer: 'https://idp.example', audience: 'api' })], revocations: memoryRevocations() })
export const guard = createGuard({ verifier, policy: every(hasScope('orders/read'), inGroup('admin')), token: bearer() })
export async function who(token: string): Promise<Principal | undefined> {
  try {
    const { principal, claims } = await verifier.verify(token)
    const subject: string = claims.sub
    return principal.subject === subject ? principal : undefined
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_TOKEN_EXPIRED') return undefined
    throw error
  }
}
export const decide = (view: { header(name: string): string | undefined }) => allowAnonymous(guard)(view)
export const first = (decision: Decision) => (decision.authorized ? decision.auth.principal.kind : decision.status)
// @ts-expect-error: clientId is missing
export const incomplete = () => userPool({ userPoolId: 'eu-west-1_AbCdEf123' })
export const may = async (auth: VerifiedToken) => demand(auth, hasScope('orders/read'))
`,
  'express.ts': `import express from 'express'
import { hasScope } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/express'
import { guard } from './main.js'
const app = express()
app.get('/users/:id', protect(guard, hasScope('x')), (req, res) => {
  const id: string = req.params.id
  const subject: string = authOf<typeof guard>(req).claims.sub
  res.json([id, subject, authOf(req).principal.subject])
})
`,
  'koa.ts': `import Koa from 'koa'
import { protect } from 'cognito-guard/koa'
import { guard } from './main.js'
new Koa<object>().use(protect(guard)).use(ctx => {
  ctx.body = ctx.state.auth.principal.subject
})
`,
  'hono.ts': `import { Hono } from 'hono'
import { protect } from 'cognito-guard/hono'
import { guard } from './main.js'
export const app = new Hono().get('/users/:id', protect(guard), c => c.json([c.req.param('id').length, c.get('auth').principal.subject.length]))
`,
  'fastify.ts': `import Fastify from 'fastify'
import { authOf, protect } from 'cognito-guard/fastify'
import { guard } from './main.js'
const app = Fastify()
app.get('/orders', { onRequest: protect(guard) }, async request => authOf(request).principal.subject)
app.addHook('onRequest', protect(guard))
`,
  'fetch.ts': `import { fetchRequestView, protect, refusalResponse } from 'cognito-guard/fetch'
import { guard } from './main.js'
export const GET = protect(guard)((_request, auth) => Response.json(auth.principal))
export const own = async (request: Request) => {
  const decision = await guard(fetchRequestView(request))
  return decision.authorized ? new Response() : refusalResponse(decision)
}
`,
  'node.ts': `import { createServer } from 'node:http'
import { authOf, nodeRequestView, protect, refuse } from 'cognito-guard/node'
import { guard } from './main.js'
const secure = protect(guard)
createServer((req, res) => secure(req, res, error => res.end(error ? 'fault' : authOf(req).principal.subject)))
createServer(async (req, res) => {
  const decision = await guard(nodeRequestView(req))
  if (decision.authorized) res.end()
  else refuse(res, decision)
})
`,
  'lambda.ts': `import { httpAuthorizer, principalFromEvent, protect, restAuthorizer } from 'cognito-guard/lambda'
import { guard } from './main.js'
export const rest = restAuthorizer(guard)
export const http = httpAuthorizer(guard)
export const handler = protect(guard, async (_event, auth) => ({ statusCode: 200, body: auth.principal.subject }))
export const who = (event: object) => principalFromEvent(event).subject
`,
  'forward-auth.ts': `import { createServer } from 'node:http'
import { allowAnonymous } from 'cognito-guard'
import { createForwardAuth, type ForwardAuthEvent } from 'cognito-guard/forward-auth'
import { guard } from './main.js'
export const events: ForwardAuthEvent[] = []
const auth = createForwardAuth({ default: guard, open: allowAnonymous(guard) }, { onAnswer: event => events.push(event) })
export const server = createServer(auth.handler)
export const answer = (request: Request) => auth.fetch(request, { remoteAddress: '127.0.0.1' })
`,
  'mcp.ts': `import { Hono } from 'hono'
import { hasScope, mcp, type McpAdmission } from 'cognito-guard/mcp'
const guarded = mcp({ userPool: { userPoolId: 'eu-west-1_AbCdEf123' }, resource: 'https://api.example.com/mcp', tools: { write: hasScope('x/write') } })
export const served = guarded.fetch((_request, { authInfo, auth }) => Response.json([authInfo.clientId, auth.claims.client_id]))
export const handler = guarded.lambda((_request, { authInfo }) => Response.json(authInfo.scopes))
export const middleware = guarded.middleware
export const app = new Hono<{ Variables: McpAdmission }>().use(guarded.hono).get('/', c => c.json(c.get('authInfo').scopes))
`,
  'revocations.ts': `import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { redisRevocations } from 'cognito-guard/redis'
export const factories = [dynamoRevocations, redisRevocations]
`,
  'credentials.ts': `import * as credentials from 'cognito-guard/credentials'
export const names = Object.keys(credentials)
`,
  'reports.ts': `import type { Diagnosis, Report } from 'cognito-guard/reports'
export const pageOf = (report: Report) => report.cause?.page
export const problems = (found: readonly Diagnosis[]) => found.filter(({ result }) => result === 'problem')
`,
  'testing.ts': `import { createVerifier, userPool } from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
const issuer = createTestIssuer()
export const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
export const withFetch = userPool({ userPoolId: 'eu-west-1_AbCdEf123', clientId: 'abc', fetch: (url, init) => fetch(url, init) })
`,
}

const scenario = `const issuer = createTestIssuer()
const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
async function scenario() {
  const { principal } = await verifier.verify(issuer.accessToken({ username: 'alice' }))
  if (principal.username !== 'alice') throw new Error('another user')
  const refused = await verifier.verify(issuer.idToken()).catch((error) => error)
  if (!isAuthError(refused) || refused.code !== 'ERR_TOKEN_USE') throw new Error('not refused')
}
`

const imports = `import { createGuard, createVerifier, isAuthError, userPool } from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
`

const requires = `const { createGuard, createVerifier, isAuthError, userPool } = require('cognito-guard')
const { createTestIssuer } = require('cognito-guard/testing')
`

export const use = `${imports}${scenario}void createGuard
scenario().then(() => console.log('as expected'), (error) => { console.error(error); process.exit(1) })
`

export const useRequire = `${requires}${scenario}scenario().catch((error) => { console.error(error); process.exit(1) })
`

export const types = {
  jestTest: `${requires}${scenario}test('a token', scenario)\n`,
  jestTypeScript: `${imports}${scenario.replace('(error)', '(error: unknown)')}void createGuard\ntest('a token', scenario)\n`,
  vitest: `import { test } from 'vitest'\n${imports}${scenario.replace('(error)', '(error: unknown)')}test('a token', scenario)\n`,
  mocha: `${requires}${scenario}it('a token', scenario)\n`,
  nodeTest: `import { test } from 'node:test'\n${imports}${scenario}test('a token', scenario)\n`,
  /** An app in CommonJS whose tests are ES modules has both: what one made, the other understands. */
  twoCopies: `import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as esm from 'cognito-guard'
import * as esmExpress from 'cognito-guard/express'
import { createTestIssuer } from 'cognito-guard/testing'
const require = createRequire(import.meta.url)
const cjs = require('cognito-guard')
const cjsExpress = require('cognito-guard/express')
assert.notEqual(esm.createVerifier, cjs.createVerifier)
const issuer = createTestIssuer()
for (const [one, other, express, otherExpress] of [[esm, cjs, esmExpress, cjsExpress], [cjs, esm, cjsExpress, esmExpress]]) {
  const verifier = one.createVerifier({ issuers: [other.userPool(issuer.options)], clock: issuer.clock })
  const guard = other.createGuard({ verifier, policy: one.isUser })
  const error = await verifier.verify('x').catch(error => error)
  assert.ok(one.isAuthError(error) && other.isAuthError(error))
  const ask = async (token, policy) => {
    const req = { headers: { authorization: 'Bearer ' + token }, url: '/' }
    const res = { setHeader() {}, end(body) { this.body = body } }
    await new Promise(resolve => { res.end = resolve; express.protect(guard, policy)(req, res, resolve) })
    return res.statusCode ?? otherExpress.authOf(req).principal.username
  }
  assert.equal(await ask(issuer.accessToken({ username: 'alice' }), other.isUser), 'alice')
  assert.equal(await ask(issuer.accessToken(), one.inGroup('admin')), 403)
  assert.equal(await ask(issuer.idToken(), other.isUser), 401)
  const thrown = (() => { try { one.demand(undefined, other.isUser) } catch (error) { return error } })()
  assert.ok(other.isAuthError(thrown))
}
`,
  everyEntry: `import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const { exports } = require('cognito-guard/package.json')
for (const entry of Object.keys(exports).filter(entry => !entry.endsWith('.json'))) {
  const name = 'cognito-guard' + entry.slice(1)
  const [imported, required] = [await import(name), require(name)]
  assert.deepEqual(Object.keys(imported).filter(key => key !== 'module.exports').sort(), Object.keys(required).sort(), name)
}
void readFileSync
`,
}
