/**
 * Prints what it costs to refuse a token, in microseconds, beside the other libraries in one run: an attacker decides how often it is paid.
 * The cost of making the string, which an HTTP parser pays, is in every line; the last row consists of little else. Keys are looked up by their
 * ID; express-oauth2-jwt-bearer has nothing to call but its middleware. `check`, which guards call, returns a refusal and throws none.
 */
import { createVerifier, isAuthError, userPool } from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import { badTokens } from './bad-tokens.js'
import { type Verify, withKeySet } from './libraries.js'
import { measure, type Result } from './measure.js'
import { ensurePeers } from './peers.js'
import { isQuick, machine, progress, record } from './report.js'

ensurePeers()
const rounds = isQuick ? 8 : 30
const source = createTestIssuer({ clock: Date })
const { userPoolId, clientId } = source.options
const keys = source.jwks().keys
const ours = createVerifier({ issuers: [userPool({ ...source.options, jwks: { keys }, offline: true })] })
const libraries: Readonly<Record<string, Verify>> = {
  'cognito-guard': token => ours.verifySync(token),
  'its check': token => ours.check(token),
  ...withKeySet({ issuer: source.issuer, userPoolId, clientId, keys }),
}
const columns = [...Object.keys(libraries), 'the string']
const widthOf = (index: number) => Math.max(10, (columns[index] as string).length) + 2
const { node, openssl, cpu, peers } = machine()
console.log(`Node ${node}, OpenSSL ${openssl}, ${cpu}; ${peers.join(', ')}`)
console.log(`Microseconds a refused token, median of ${rounds} rounds in turn.\n`)
console.log(`${''.padEnd(16)}${columns.map((name, index) => name.padStart(widthOf(index))).join('')}`)

const rows: Record<string, readonly Result[]> = {}
for (const [kind, token] of Object.entries(badTokens(source))) {
  const bytes = Buffer.from(token)
  const fresh = () => bytes.toString('latin1')
  for (const [name, verify] of Object.entries(libraries)) await mustRefuse(kind, name, verify, fresh())
  const calls = bytes.length > 20_000 ? 20 : 200
  const lines = Object.entries(libraries).map(([name, verify]) => ({
    name,
    calls,
    call: () => refused(verify, fresh()),
  }))
  rows[kind] = await measure(
    [...lines, { name: 'the string', calls, call: fresh }],
    rounds,
    progress(kind, rounds),
  )
  const figures = rows[kind].map(({ median }, index) => (median / 1_000).toFixed(1).padStart(widthOf(index)))
  console.log(`${kind.padEnd(16)}${figures.join('')}`)
}
record('refusals', rows)

async function mustRefuse(kind: string, name: string, verify: Verify, token: string): Promise<void> {
  const isRefused = await Promise.resolve(token)
    .then(verify)
    .then(isAuthError, () => true)
  if (!isRefused) throw new Error(`${name} does not refuse: ${kind}`)
}

function refused(verify: Verify, token: string): unknown {
  try {
    const answer = verify(token)
    return answer instanceof Promise ? answer.catch(() => undefined) : undefined
  } catch {
    return undefined
  }
}
