/**
 * Prints what the first verification of a process costs, as on a Lambda function that was not running: import and verification, with the key
 * set over HTTPS on loopback, each in a process of its own, bundled by esbuild; how large the bundles are; and what the core entry alone takes.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { certificate } from '../test/jwks/certificate.js'
import { bundled } from './bundles.js'
import { measureBundles, measureImports } from './entry.js'
import { median } from './measure.js'
import { isQuick, machine, record } from './report.js'
import { accessTokens, clientId, issuer, userPoolId } from './tokens.js'

const programs: Readonly<Record<string, string>> = {
  'aws-jwt-verify': `
    import { JwtVerifier } from 'aws-jwt-verify'
    export const run = (token, jwksUri) =>
      JwtVerifier.create({ issuer: '${issuer}', audience: null, jwksUri }).verify(token)`,
  'cognito-guard': `
    import { createVerifier, userPool } from 'cognito-guard'
    export const run = (token, jwksUri) =>
      createVerifier({ issuers: [userPool({ userPoolId: '${userPoolId}', clientId: '${clientId}', jwksUri })] }).verify(token)`,
  jose: `
    import { createRemoteJWKSet, jwtVerify } from 'jose'
    export const run = (token, jwksUri) =>
      jwtVerify(token, createRemoteJWKSet(new URL(jwksUri)), { issuer: '${issuer}', algorithms: ['RS256'] })`,
}

/** Times an import and a verification in a process of their own. */
const stopwatch = `
  const start = performance.now()
  const { run } = await import(process.argv[2])
  const imported = performance.now()
  await run(process.argv[3], process.argv[4])
  console.log(JSON.stringify({ imported: imported - start, both: performance.now() - start }))`

const runs = isQuick ? 5 : 21
const folder = mkdtempSync(join(tmpdir(), 'cold-start-'))
const day = 86_400_000
const { cert, key } = certificate({
  ip: '127.0.0.1',
  from: new Date(Date.now() - day),
  to: new Date(Date.now() + day),
})
const { jwks, tokens } = accessTokens(1)
const server = createServer({ cert, key }, (_request, response) => response.end(JSON.stringify(jwks)))
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
const jwksUri = `https://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
writeFileSync(join(folder, 'ca.pem'), cert)
writeFileSync(join(folder, 'stopwatch.mjs'), stopwatch)

const bundles = Object.entries(programs).map(([name, program]) => {
  const file = join(folder, `${name}.mjs`)
  const gzipKb = bundled(program, file)
  return { name, file, gzipKb, times: [] as Times[] }
})
for (let run = -1; run < runs; run++) {
  for (const { file, times } of bundles) {
    const time = await start(file)
    if (run >= 0) times.push(time)
  }
}
server.close()

const base = bundles[0]?.times as Times[]
const rows = bundles.map(({ name, gzipKb, times }) => ({
  name,
  gzipKb,
  importMs: median(times.map(time => time.imported)),
  bothMs: median(times.map(time => time.both)),
  ratio: median(times.map((time, run) => time.both / (base[run] as Times).both)),
}))
console.log(
  `Node ${machine().node}, ${runs} processes each, in turn; ratio: time of import and first verification to that of ${bundles[0]?.name}\n`,
)
console.log(
  `${'bundled'.padEnd(20)}${'gzip kB'.padStart(9)}${'import ms'.padStart(11)}${'both ms'.padStart(9)}${'ratio'.padStart(8)}`,
)
for (const { name, gzipKb, importMs, bothMs, ratio } of rows) {
  console.log(
    `${name.padEnd(20)}${gzipKb.toFixed(1).padStart(9)}${importMs.toFixed(1).padStart(11)}${bothMs.toFixed(1).padStart(9)}${ratio.toFixed(2).padStart(8)}`,
  )
}
record('cold start', rows)
measureImports(runs)
measureBundles(folder)
rmSync(folder, { recursive: true })

interface Times {
  readonly imported: number
  readonly both: number
}

async function start(file: string): Promise<Times> {
  const token = (tokens[0] as Buffer).toString()
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(folder, 'stopwatch.mjs'), file, token, jwksUri],
    {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
    },
  )
  return JSON.parse(stdout) as Times
}
