// 200 sign-ins by SRP, then by password, at once at the local Cognito, and how long its key set takes meanwhile: at most a tenth of a second. The server, the sign-ins and
// who asks for the key set are processes of their own.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseConfig } from '../src/devtools/local/config.js'
import { startLocalCognito } from '../src/devtools/local/server.js'

const [role, url = ''] = process.argv.slice(2).filter(arg => !arg.startsWith('--'))

async function measure(): Promise<void> {
  const { url, close } = await startLocalCognito(parseConfig({}, 'benchmark'), 0)
  const start = (role: string) => fork(fileURLToPath(import.meta.url), [role, url])
  const keys = start('keys')
  await once(keys, 'message')
  const started = performance.now()
  await once(start('signIns'), 'close')
  console.log(
    `2 x 200 sign-ins: ${Math.round(performance.now() - started)} ms, with the start of their process`,
  )
  keys.send('end')
  const [{ count, slowest }] = (await once(keys, 'message')) as [{ count: number; slowest: number }]
  console.log(`key set: ${Math.round(slowest)} ms, the slowest of ${count}`)
  await close()
  if (slowest > 100) process.exitCode = 1
}

async function signIns(): Promise<void> {
  const bodies = [
    ['USER_SRP_AUTH', { USERNAME: 'alice', SRP_A: 'ff'.repeat(384) }],
    ['USER_PASSWORD_AUTH', { USERNAME: 'alice', PASSWORD: 'Wonderland-1' }],
  ].map(([AuthFlow, AuthParameters]) => JSON.stringify({ ClientId: 'localweb', AuthFlow, AuthParameters }))
  const headers = { 'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth' }
  for (const body of bodies)
    await Promise.all(
      Array.from({ length: 200 }, async () => (await fetch(url, { method: 'POST', headers, body })).text()),
    )
}

async function askForKeys(): Promise<void> {
  const over = new AbortController()
  process.once('message', () => over.abort())
  let count = 0
  let slowest = 0
  await keySet() // the first fetch of a process takes longer
  process.send?.('ready')
  while (!over.signal.aborted) {
    const started = performance.now()
    await keySet()
    slowest = Math.max(slowest, performance.now() - started)
    count++
  }
  process.send?.({ count, slowest }, () => process.disconnect())
}

const keySet = async () => (await fetch(`${url}/us-east-1_LOCALDEV0/.well-known/jwks.json`)).text()

if (role === 'signIns') await signIns()
else if (role === 'keys') await askForKeys()
else await measure()
