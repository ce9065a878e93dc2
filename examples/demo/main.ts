// `npm run demo`: an issuer and a guarded API on loopback, a scenario, and then both are yours to try.
// `npm run demo -- --check` ends after the scenario, with a failure unless every answer was as expected.
import { styleText } from 'node:util'
import { scenario } from './scenario.js'
import { isExpected, tableHead, tableRow } from './table.js'
import { type Api, createWorld, startApi, type World } from './world.js'

const world = await createWorld()
const api = await startApi(world.options)
console.log(`
${styleText('bold', 'cognito-guard')}: an Express API guarded by the tokens of a user pool, both on this machine

  issuer  ${world.url}   signs as ${world.issuer.issuer}
  API     ${api.url}   is examples/express/app.ts

${tableHead()}`)

let asked = 0
let expected = 0
for await (const row of scenario(world, api)) {
  asked++
  if (isExpected(row)) expected++
  console.log(tableRow(row))
}
console.log(styleText('bold', `\n  ${expected} of ${asked} as expected`))
process.exitCode = Math.sign(asked - expected)

if (process.argv.includes('--check')) await api.close()
else await stay(world, api)

/** Goes on with the issuer up again, until Ctrl-C. */
async function stay({ issuer, signIn, bringUp, takeDown }: World, { url, close }: Api): Promise<void> {
  await bringUp()
  const reader = await signIn('reader')
  const admin = await signIn('admin')
  console.log(`
${styleText('bold', 'Try it')}: paste these into another terminal. The tokens are valid for ${issuer.tokenLifetime / 60} minutes.

READER=${reader.accessToken}
ADMIN=${admin.accessToken}

curl -i ${url}/orders
curl -i ${url}/orders -H "Authorization: Bearer $READER"
curl -i ${url}/admin -H "Authorization: Bearer $READER"
curl -i ${url}/admin -H "Authorization: Bearer $ADMIN"
curl -i ${url}/me -H "Authorization: Bearer $ADMIN"

Ctrl-C ends it.`)
  const end = () => void Promise.all([takeDown(), close()])
  process.once('SIGINT', end).once('SIGTERM', end)
}
