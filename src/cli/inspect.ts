import { parseArgs } from 'node:util'
import {
  checkInspectOptions,
  type InspectOptions,
  inspect,
  type Report,
} from '../devtools/inspect/inspect.js'
import { printableJson } from '../devtools/inspect/show.js'
import { pageOf } from '../errors.js'
import { userPool } from '../issuers/user-pool.js'
import {
  type Configuration,
  configurationFlags,
  configurationHelp,
  readConfiguration,
  usable,
} from './configuration.js'
import { fetchKeySet, keySetUrls } from './fetch-key-set.js'
import { type Io, type Run, usageError } from './io.js'
import { type FetchFailure, keySetFix } from './key-set-fix.js'
import { printReport } from './print-report.js'
import { readAll } from './read-all.js'

/** `cognito-guard inspect`: says what a token is, and why an API refuses it. */
export const run: Run = async (args, { stdin, stdout, stderr, env, fetch }) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...configurationFlags(),
      verify: { type: 'boolean' },
      redact: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    stdout.write(help)
    return 0
  }
  if (positionals.length > 0) throw usageError(notAsArgument)
  const configuration = await readConfiguration(values, env)
  const options = {
    ...issuersOf(configuration, fetch),
    clockTolerance: configuration.clockTolerance,
    network: values.verify,
    redact: values.redact,
  }
  usable(() => checkInspectOptions(options))
  if (stdin.isTTY) stderr.write('Paste a token, headers or an event, then end the input (Ctrl-D).\n')
  const text = await readAll(stdin)
  const report = await withOutage(await inspect(text, options), configuration.pool, env, fetch)
  stdout.write(values.json ? `${printableJson(report)}\n` : printReport(report))
  return exitCodes[report.verdict]
}

/** Of keys that cannot be fetched, the cause is what the network did. */
async function withOutage(
  report: Report,
  pool: Configuration['pool'],
  env: Io['env'],
  fetch: Io['fetch'],
): Promise<Report> {
  const failed = report.network?.events.find(event => event.type === 'fetch_failed')
  if (report.code !== 'ERR_KEYS_UNAVAILABLE' || !failed) return report
  const { code } = report
  // Events tell no content: where the URL is one's own, it is asked once more.
  const isOwn = pool.jwksUri !== undefined || pool.issuer !== undefined
  const failure = failed.reason === 'body' && isOwn ? await failureAt(pool, fetch) : failed
  return {
    ...report,
    cause: { fix: keySetFix(failure as FetchFailure, env, pool), code, page: pageOf(code), alsoFailed: [] },
  }
}

const failureAt = (pool: Configuration['pool'], fetch: Io['fetch']) =>
  fetchKeySet(keySetUrls(pool)[0] as string, pool.insecureTestKeys, fetch).then(
    () => ({ reason: 'body' }),
    (error: unknown) => error,
  )

function issuersOf(
  { pool, identityPoolId, loadBalancerArn }: Configuration,
  fetch: Io['fetch'],
): InspectOptions {
  const transport = fetch ? { fetch } : {}
  return {
    ...(Object.keys(pool).length > 0 && { userPool: { ...pool, ...transport } }),
    ...(identityPoolId !== undefined && { identityPool: { identityPoolId, ...transport } }),
    ...(loadBalancerArn !== undefined && {
      loadBalancer: { ...balancerOf(pool, loadBalancerArn), ...transport },
    }),
  }
}

/** Load balancers sign the pool's users in with the same clients, and only at its original issuer. */
const balancerOf = (pool: Configuration['pool'], loadBalancerArn: string | readonly string[]) => ({
  loadBalancerArn,
  issuer: usable(() => userPool(pool)).issuers[0] as string,
  clientId: pool.clientId as string,
})

const exitCodes = { accepted: 0, refused: 1, unknown: 2 }

const notAsArgument =
  'a token is not taken as an argument: arguments end up in the history of the shell and in the list of processes. ' +
  'Send it to standard input, as in: pbpaste | cognito-guard inspect'

const help = `Usage: … | cognito-guard inspect --user-pool-id <id> --client-id <id> [options]

Reads a token, an Authorization header, the headers of a load balancer or the event of API Gateway, AppSync, Lambda and the like
from standard input. Says what it is, lists every check that an API makes with expected and actual, and how to fix what fails.
Nothing leaves this machine, but with --verify the key set is fetched as an API would.

  --verify                         fetch the key set, check key and signature, tell what the network did
  --redact                         a report to share: no token, no claim value that tells who or whose it is, no dates
  --json                           the report as JSON
  -h, --help

Exit code: 0 accepted, 1 refused, 2 could not tell (nothing configured, or the keys are not at hand).

${configurationHelp}`
