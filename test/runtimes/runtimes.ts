// Over 150 lines: every runtime, how it is found and how it is made to run a program.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { chromium } from 'playwright-core'
import { tools, type Workspace } from './workspace.js'

/** A runtime that runs a workspace's program. */
export interface Runtime {
  readonly name: string
  /** Why it cannot run here; `undefined` when it can. */
  readonly missing: string | undefined
  /** Calls the program's `run` with an input, in the runtime; resolves to what it returns. Both are JSON. */
  run(workspace: Workspace, input: object): Promise<unknown>
}

export const runtimes: readonly Runtime[] = [
  ...['20', '22', '24', '26'].map(major => {
    const node = packaged(`node-${major}/bin/node`)
    return runtime(`Node.js ${major}`, node, program(node))
  }),
  (() => {
    const bun = packaged('@oven/bun-linux-x64/bin/bun')
    return runtime('Bun', bun, program(bun))
  })(),
  (() => {
    const deno = packaged('@deno/linux-x64-glibc/deno')
    return runtime(
      'Deno',
      deno,
      program(deno, 'run', '--allow-all', '--no-config', '--node-modules-dir=manual'),
    )
  })(),
  runtime('workerd', workerd(), inWorkerd()),
  runtime('workerd, nodejs_compat', workerd(), inWorkerd('nodejs_compat')),
  runtime("Next.js' edge sandbox", packaged('next/dist/bin/next'), inNext),
  runtime('Chromium', process.env.CHROMIUM ?? '/usr/bin/chromium', inChromium, 'apt-get install chromium'),
]

function runtime(
  name: string,
  path: string,
  run: Runtime['run'],
  install = 'npm run check:runtimes installs it',
): Runtime {
  return { name, missing: existsSync(path) ? undefined : `not on this machine: ${install}`, run }
}

function packaged(path: string): string {
  return join(tools, 'node_modules', path)
}

function workerd(): string {
  return packaged('@cloudflare/workerd-linux-64/bin/workerd')
}

/** Runs the program in a process that prints the result. */
function program(command: string, ...args: string[]): Runtime['run'] {
  return async ({ folder, write }, input) => {
    const main = write(
      'main.mjs',
      `import { run } from './program.mjs'
console.log(JSON.stringify(await run(${JSON.stringify(input)})))
`,
    )
    const started = start(command, [...args, main], folder)
    const lines: string[] = []
    for await (const line of createInterface({ input: started.stdout })) lines.push(line)
    return parsed(lines.join('\n'), started)
  }
}

function inWorkerd(...flags: string[]): Runtime['run'] {
  return async ({ folder, bundle, write }, input) => {
    write(
      'worker.mjs',
      `import { run } from './bundle.mjs'
export default { fetch: async request => Response.json(await run(await request.json())) }
`,
    )
    const config = write(
      'config.capnp',
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "bundle.mjs", esModule = embed "${bundle.slice(folder.length + 1)}"),
  ],
  # before nodejs_compat became a default
  compatibilityDate = "2026-01-01",
  compatibilityFlags = ${JSON.stringify(flags)},
);
`,
    )
    const started = start(workerd(), ['serve', config, '--control-fd=3'], folder)
    const port = await found(started, started.stdio[3] as Readable, /"port":(\d+)/)
    return post(`http://127.0.0.1:${port}/`, input, started)
  }
}

/** In a route of the edge runtime, as `next start` serves it. */
async function inNext({ folder, write }: Workspace, input: object): Promise<unknown> {
  write('next.config.mjs', `export default { turbopack: { root: ${JSON.stringify(tools)} } }\n`)
  write('app/layout.js', 'export default ({ children }) => children\n')
  write(
    'app/api/run/route.js',
    `import { run } from '../../../program.mjs'
export const runtime = 'edge'
export const POST = async request => Response.json(await run(await request.json()))
`,
  )
  const next = packaged('next/dist/bin/next')
  const build = start(process.execPath, [next, 'build'], folder)
  build.stdout.resume()
  if ((await ended(build)) !== 0) throw new Error(`next build failed: ${build.errors()}`)
  const started = start(process.execPath, [next, 'start', '--hostname', '127.0.0.1', '--port', '0'], folder)
  const port = await found(started, started.stdout, /http:\/\/127\.0\.0\.1:(\d+)/)
  return post(`http://127.0.0.1:${port}/api/run`, input, started)
}

async function inChromium({ bundle }: Workspace, input: object): Promise<unknown> {
  const { issuer } = input as { issuer: string }
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  try {
    const page = await browser.newPage()
    // a page of the loopback server: WebCrypto is for secure contexts, and the key set is of one origin with it
    await page.route(`${issuer}/page`, route =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    )
    await page.route(`${issuer}/bundle.mjs`, route =>
      route.fulfill({ contentType: 'text/javascript', body: readFileSync(bundle, 'utf8') }),
    )
    await page.goto(`${issuer}/page`)
    return await page.evaluate(
      `import(${JSON.stringify(`${issuer}/bundle.mjs`)}).then(({ run }) => run(${JSON.stringify(input)}))`,
    )
  } finally {
    await browser.close()
  }
}

interface Started extends ChildProcess {
  readonly stdout: Readable
  readonly errors: () => string
}

/** Starts a process without what the tests' own process is told by its environment: flags, coverage. */
function start(command: string, args: readonly string[], cwd: string): Started {
  const { PATH } = process.env
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME: cwd, DENO_DIR: join(cwd, '.deno'), NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr?.on('data', chunk => {
    errors += chunk
  })
  return Object.assign(child as ChildProcess & { stdout: Readable }, { errors: () => errors })
}

/** The first match in what a process prints. */
async function found(started: Started, output: Readable, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    text += chunk
    const match = pattern.exec(text)
    if (match) {
      output.resume()
      return match[1] as string
    }
  }
  throw new Error(`it ended before it listened: ${started.errors()}`)
}

async function post(url: string, input: object, started: Started): Promise<unknown> {
  try {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(input) })
    return parsed(await response.text(), started)
  } finally {
    started.kill()
    await ended(started)
  }
}

function parsed(text: string, { errors }: Started): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`no result: ${text.slice(0, 500)} ${errors().slice(0, 2_000)}`)
  }
}

const ended = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? child.exitCode
    : new Promise<number | null>(resolve => child.once('close', resolve))
