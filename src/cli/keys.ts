import { parseArgs } from 'node:util'
import { pageOf } from '../errors.js'
import type { KeySetError } from '../jwks/jwks.js'
import { configurationFlags, configurationHelp, readConfiguration } from './configuration.js'
import { type FetchedKeySet, fetchKeySet, keySetUrls, sentenceOf } from './fetch-key-set.js'
import { type Io, type Run, usageError } from './io.js'
import { pullFix } from './key-set-fix.js'
import { writeFileAtomically } from './write-file.js'

/** `cognito-guard keys pull`: writes a user pool's key set as JSON. */
export const run: Run = async (args, { stdout, stderr, env, fetch }) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...configurationFlags(), out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) {
    stdout.write(help)
    return 0
  }
  if (positionals.join(' ') !== 'pull') throw usageError('there is one thing to do with keys: pull')
  const { pool } = await readConfiguration(values, env)
  const answer = await fetchFirst(keySetUrls(pool), pool.insecureTestKeys, fetch)
  if ('reason' in answer) {
    stderr.write(
      `No key set was written. ${pullFix(answer, env, pool)}\n  ${sentenceOf(answer)}\n  See ${pageOf('ERR_KEYS_UNAVAILABLE')}\n`,
    )
    return 2
  }
  const { keys, skipped, milliseconds } = answer
  const text = `${JSON.stringify({ keys }, null, 2)}\n`
  if (values.out === undefined) stdout.write(text)
  else if (!(await writeFileAtomically(values.out, text)))
    throw usageError('--out: the file cannot be written')
  const leftOut = skipped.map(why => `; left out: one that is ${why}`).join('')
  stderr.write(`${keys.length} keys, fetched in ${milliseconds} ms${leftOut}.\n`)
  return 0
}

/** The first of these key sets that can be used; else the error of the first. */
async function fetchFirst(
  urls: readonly string[],
  insecureTestKeys: boolean | undefined,
  fetch: Io['fetch'],
): Promise<FetchedKeySet | KeySetError> {
  const failures: KeySetError[] = []
  for (const url of urls) {
    try {
      return await fetchKeySet(url, insecureTestKeys, fetch)
    } catch (error) {
      failures.push(error as KeySetError)
    }
  }
  return failures[0] as KeySetError
}

const help = `Usage: cognito-guard keys pull --user-pool-id <id> [--out <file>]

Fetches the key set of a user pool and writes those of its keys that a verifier would use, as JSON. Bundle the file and give it
to userPool({ jwks }): it is used at once, at a cold start too, and bridges an outage.

  --out <file>                     written whole or not at all; default: standard output
  -h, --help

Exit code: 0 written, 2 not: nothing that can be used came, or the file cannot be written.

${configurationHelp}`
