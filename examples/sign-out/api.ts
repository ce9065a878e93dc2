// REDIS_URL=redis://127.0.0.1:6379 POOL='{"userPoolId":"eu-west-1_AbCdEf123","clientId":"1example23456789"}' node dist/examples/sign-out/api.js
import type { AddressInfo } from 'node:net'
import { createGuard, createVerifier, inGroup, revokeFromBody, userPool } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/express'
import { redisRevocations } from 'cognito-guard/redis'
import express from 'express'
import { createClient } from 'redis'

const { REDIS_URL: url = '', POOL: pool = '', PORT: port = '0' } = process.env

const client = createClient({ url })
client.on('error', error => console.error('redis:', error.message))
await client.connect()

const revocations = redisRevocations({ client, staleAfter: 30, whenStale: 'refuse' })
await revocations.ready()
const guard = createGuard({
  verifier: createVerifier({ issuers: [userPool(JSON.parse(pool))], revocations }),
})

const app = express()
app.get('/me', protect(guard), (req, res) => res.json(authOf(req).principal))
app.post('/sign-out', protect(guard), async (req, res) => {
  await revocations.revokeSession(authOf(req))
  res.status(204).end()
})
app.post('/sign-out-everywhere', protect(guard), async (req, res) => {
  await revocations.revokeUser(authOf(req))
  res.status(204).end()
})
// the back office: { "revoke": "user", "issuer": "eu-west-1_AbCdEf123", "subject": "..." }
app.post('/revocations', protect(guard, inGroup('support')), express.json(), async (req, res) => {
  const { status, body } = await revokeFromBody(revocations, req.body)
  res.status(status).json(body)
})
app.get('/health', (_req, res) => res.json(revocations.health()))

const server = app.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => process.exit())
