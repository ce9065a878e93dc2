import { parseArgs } from 'node:util'
import { printableJson } from '../devtools/inspect/show.js'
import type { Diagnosis } from '../reports.js'
import { configurationFlags, configurationHelp, readConfiguration } from './configuration.js'
import { diagnoseApi } from './diagnose-api.js'
import { diagnoseMcp } from './diagnose-mcp.js'
import { diagnosePool } from './diagnose-pool.js'
import { type Run, usageError } from './io.js'

/** `cognito-guard doctor`: checks a configuration, its key set, and an API that uses it. */
export const run: Run = async (args, { stdout, env, fetch }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...configurationFlags(),
      url: { type: 'string' },
      mcp: { type: 'string' },
      origin: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    stdout.write(help)
    return 0
  }
  const { url, mcp, origin } = values
  for (const [name, value] of Object.entries({ url, mcp }))
    if (value !== undefined && !/^https?:/.test(URL.canParse(value) ? new URL(value).protocol : ''))
      throw usageError(`--${name} must be an http or https URL`)
  const configuration = await readConfiguration(values, env)
  const isConfigured = Object.keys(configuration.pool).length > 0
  if (!isConfigured && url === undefined && mcp === undefined)
    throw usageError('there is nothing to look at: give --user-pool-id, --url or --mcp')
  const diagnoses = [
    ...(isConfigured ? await diagnosePool(configuration, fetch, env) : []),
    ...(url === undefined ? [] : await diagnoseApi(url, origin, fetch)),
    ...(mcp === undefined ? [] : await diagnoseMcp(mcp, fetch)),
  ]
  stdout.write(values.json ? `${printableJson(diagnoses)}\n` : print(diagnoses))
  if (diagnoses.some(({ result }) => result === 'problem')) return 1
  return diagnoses.some(({ result }) => result === 'unclear') ? 2 : 0
}

const print = (diagnoses: readonly Diagnosis[]) =>
  diagnoses
    .map(({ name, result, what, why, fix, page }) =>
      [
        `${marks[result]} ${name}: ${what}`,
        ...(why && fix ? [`    why: ${why}`, `    fix: ${fix}`] : []),
        ...(page ? [`    See ${page}`] : []),
      ]
        .map(line => `${line}\n`)
        .join(''),
    )
    .join('')

const marks = { ok: '+', note: 'i', problem: 'x', unclear: '?' }

const help = `Usage: cognito-guard doctor --user-pool-id <id> --client-id <id> [--url <url of your API>] [options]

Checks the configuration as the library does, fetches the key set as an API would, and compares the clocks. With --url it calls your API
as one that must be refused: without a token, with bad ones, and from a browser. Nothing else is called.

  --url <url>                      a route that needs a token, and answers GET
  --origin <origin>                of the app that calls it from a browser; without it, what is found of CORS is only noted
  --mcp <url>                      an MCP server: what clients ask of it before they sign in, and what would stop them
  --json                           the findings as JSON
  -h, --help

Exit code: 0 no problem, 1 problems, 2 something could not be looked at.

${configurationHelp}`
