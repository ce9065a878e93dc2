#!/usr/bin/env node
import { readFileSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Io, Run } from './io.js'

/** Runs a command of `cognito-guard`; resolves to the exit code. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const [name = '--help', ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    io.stdout.write(usage)
    return args.length === 0 ? 2 : 0
  }
  if (name === '--version') {
    io.stdout.write(`${version()}\n`)
    return 0
  }
  const command = commands.get(name)
  if (!command) {
    io.stderr.write(`cognito-guard has no such command.\n\n${usage}`)
    return 2
  }
  const { run } = await command.load()
  try {
    return await run(rest, io)
  } catch (error) {
    if (!isUsageError(error)) throw error
    io.stderr.write(`cognito-guard ${name}: ${error.message}\nSee cognito-guard ${name} --help.\n`)
    return 2
  }
}

const version = () =>
  (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version

function isUsageError(error: unknown): error is Error {
  const { name, code } = error as { name?: unknown; code?: unknown }
  return name === 'UsageError' || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS'))
}

interface Command {
  readonly summary: string
  /** Loaded on demand, so that no command waits for another's dependencies. */
  readonly load: () => Promise<{ readonly run: Run }>
}

const commands: ReadonlyMap<string, Command> = new Map([
  [
    'inspect',
    { summary: 'says what a token is, and why an API refuses it', load: () => import('./inspect.js') },
  ],
  [
    'doctor',
    { summary: 'checks a configuration, and how an API refuses', load: () => import('./doctor.js') },
  ],
  ['demo', { summary: 'shows a guarded API and who gets in, with a page', load: () => import('./demo.js') }],
  ['dev', { summary: 'runs a Cognito for development on this machine', load: () => import('./dev.js') }],
  [
    'serve',
    {
      summary: 'guards backends in any language, behind a proxy that asks',
      load: () => import('./serve.js'),
    },
  ],
  ['keys', { summary: 'writes the key set of a user pool, for bundling', load: () => import('./keys.js') }],
])

const usage = `Usage: cognito-guard <command> [options]

${Array.from(commands, ([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`).join('\n')}

cognito-guard <command> --help tells what a command takes.
`

// Through its real path: package managers link to this file.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  // The reader may close the pipe early: `cognito-guard inspect | head -1`.
  process.stdout.on('error', () => process.exit(2))
  process.exitCode = await main(process.argv.slice(2), process)
}
