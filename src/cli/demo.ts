import { parseArgs, styleText } from 'node:util'
import { scenario } from '../devtools/demo/scenario.js'
import { isExpected, tableHead, tableRow } from '../devtools/demo/table.js'
import { createWorld, type World } from '../devtools/demo/world.js'
import { refuseProduction } from './dev.js'
import { listening, portOf } from './fronts.js'
import type { Output, Run } from './io.js'
import { openPage } from './open-page.js'
import { untilInterrupted } from './until-interrupted.js'

/** `cognito-guard demo`: a local Cognito, a guarded API and ten requests; both servers go on for you to try. */
export const run: Run = async (args, io) => {
  const { stdout, env } = io
  const { values } = parseArgs({
    args: [...args],
    options: {
      check: { type: 'boolean' },
      'no-open': { type: 'boolean' },
      port: { type: 'string', default: '0' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    stdout.write(help)
    return 0
  }
  refuseProduction(env)
  const port = portOf('--port', values.port)
  const world = await listening('--port', port, createWorld(port))
  if (!values.check && !values['no-open']) openPage(`${world.url}/demo`, io)
  const failed = await show(world, stdout)
  if (!values.check) await stay(world, stdout)
  await world.close()
  return Math.sign(failed)
}

/** Resolves to how many answers were not as expected. */
async function show(world: World, out: Output): Promise<number> {
  out.write(`
${styleText('bold', 'cognito-guard')}: an API guarded by the tokens of a user pool, both on this machine

  page  ${styleText('bold', `${world.url}/demo`)}   sign in, and see who gets in
  API   ${world.api.url}
  pool  ${world.url}   signs as ${world.local.issuer}

${tableHead()}
`)
  let requests = 0
  let expected = 0
  for await (const row of scenario(world)) {
    requests++
    if (isExpected(row)) expected++
    out.write(`${tableRow(row)}\n`)
  }
  out.write(styleText('bold', `\n  ${expected} of ${requests} as expected\n`))
  return requests - expected
}

async function stay({ local, signIn, url, api }: World, out: Output): Promise<void> {
  const bob = await signIn('bob')
  const alice = await signIn('alice')
  const ended = untilInterrupted()
  out.write(`
${styleText('bold', 'Try it')}: open ${url}/demo, or paste these into another terminal. The tokens are valid for ${local.lifetimes.access / 60} minutes.

BOB=${bob.accessToken}
ALICE=${alice.accessToken}

curl -iw '\\n' ${api.url}/orders
curl -iw '\\n' ${api.url}/orders -H "Authorization: Bearer $BOB"
curl -iw '\\n' ${api.url}/admin -H "Authorization: Bearer $BOB"
curl -iw '\\n' ${api.url}/admin -H "Authorization: Bearer $ALICE"
curl -iw '\\n' ${api.url}/me -H "Authorization: Bearer $ALICE"

Ctrl-C ends it.
`)
  await ended
}

const help = `Usage: cognito-guard demo [options]

Runs a Cognito and a guarded API on 127.0.0.1, sends the API ten requests, and opens a page on which you can sign in.

  --port <port>  where the page is; default 0, any that is free
  --no-open      do not open the page in a browser
  --check        end after the requests; the exit code is 1 unless every answer was as expected
`
