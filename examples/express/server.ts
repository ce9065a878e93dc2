// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789 PORT=3000 node dist/examples/express/server.js
import type { AddressInfo } from 'node:net'
import { createGuard, createVerifier, userPool } from 'cognito-guard'
import { createApp } from './app.js'

const { USER_POOL_ID: userPoolId = '', CLIENT_ID: clientId = '', PORT: port = '3000' } = process.env

const verifier = createVerifier({ issuers: [userPool({ userPoolId, clientId })] })
const guard = createGuard({
  verifier,
  onDecision: ({ status, code = 'authorized' }) => console.log(status, code),
})
const server = createApp(guard).listen(Number(port), '127.0.0.1', () => {
  const { port: actual } = server.address() as AddressInfo
  console.log(`Try http://127.0.0.1:${actual}/orders, /admin and http://127.0.0.1:${actual}/me`)
})

process.once('SIGTERM', () => {
  server.closeAllConnections()
  server.close()
  verifier.close()
})
