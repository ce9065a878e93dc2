import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, until, type WithEnd } from '../../revocation/redis-server.js'

/** A proxy of Debian, and how it is started with its file in `examples/forward-auth`. */
export interface Proxy {
  readonly name: string
  /** What it reports; `undefined` where it, or something that its recipe needs, is not installed. */
  readonly version: string | undefined
  /** What has to be installed. */
  readonly needs: string
  /** How many connections to the guard a proxy that keeps them opens for 200 requests, one after the other. */
  readonly newConnections: number
  /** The program, its arguments and its environment, once its files are in `directory`. */
  command(directory: string, ports: Ports): Command
}

export interface Ports {
  readonly listen: number
  readonly guard: number
  readonly app: number
}

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export const recipes = fileURLToPath(new URL('../../../../examples/forward-auth/', import.meta.url))

export const proxies: readonly Proxy[] = [
  {
    name: 'nginx',
    needs: 'nginx',
    newConnections: 1,
    version: versionOf('nginx', '-v'),
    command: (directory, ports) => nginxCommand(directory, nginxSite(ports)),
  },
  {
    name: 'Caddy',
    needs: 'caddy',
    newConnections: 1,
    version: versionOf('caddy', 'version'),
    command: (directory, ports) => ({
      file: 'caddy',
      args: ['run', '--adapter', 'caddyfile', '--config', join(recipes, 'Caddyfile')],
      env: {
        HOME: directory,
        SITE: `:${ports.listen}`,
        BIND: '127.0.0.1',
        GUARD: `127.0.0.1:${ports.guard}`,
        APP: `127.0.0.1:${ports.app}`,
        ADMIN: `unix/${directory}/admin.sock`,
      },
    }),
  },
  {
    name: 'HAProxy',
    needs: 'haproxy',
    newConnections: 1,
    version: versionOf('haproxy', '-v'),
    command: (_directory, ports) => ({
      file: 'haproxy',
      args: ['-db', '-f', join(recipes, 'haproxy.cfg')],
      env: {
        BIND: `127.0.0.1:${ports.listen}`,
        GUARD: `127.0.0.1:${ports.guard}`,
        APP: `127.0.0.1:${ports.app}`,
        GUARD_LUA: join(recipes, 'haproxy.lua'),
      },
    }),
  },
  {
    name: 'Apache',
    needs: 'apache2 with lua-socket',
    newConnections: 100,
    version: existsSync('/usr/share/lua/5.3/socket.lua') ? versionOf('apache2', '-v') : undefined,
    command(directory, ports) {
      const site = edited('apache.conf', [
        ['Define APP_PORT 8080', `Define APP_PORT ${ports.listen}`],
        ['Define GUARD 127.0.0.1:4180', `Define GUARD 127.0.0.1:${ports.guard}`],
        ['Define APP 127.0.0.1:8000', `Define APP 127.0.0.1:${ports.app}`],
        ['Define GUARD_LUA /etc/apache2/apache.lua', `Define GUARD_LUA ${join(recipes, 'apache.lua')}`],
      ])
      const modules = [
        'mpm_event',
        'authz_core',
        'headers',
        'lua',
        'proxy',
        'proxy_http',
        'rewrite',
        'setenvif',
      ]
      const load = modules.map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
      const user = process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''
      writeFileSync(join(directory, 'site.conf'), site)
      writeFileSync(
        join(directory, 'apache.conf'),
        `${load.join('\n')}\nServerName localhost\nServerRoot ${directory}\nDefaultRuntimeDir ${directory}
         PidFile ${directory}/pid\nErrorLog ${directory}/error.log\n${user}\nInclude ${directory}/site.conf\n`,
      )
      return { file: 'apache2', args: ['-DFOREGROUND', '-f', join(directory, 'apache.conf')] }
    },
  },
]

export const python = versionOf('python3', '--version')

/** For a test that needs programs: on a developer's machine they may be missing, in CI they may not. */
export const needs = (name: string, isThere: boolean) =>
  /* c8 ignore next -- one machine has only one of the two */
  isThere || process.env.CI === 'true' ? {} : { skip: `${name} is not installed` }

/** Starts a proxy in front of a backend; resolves to its port once it listens. It ends with the test. */
export async function startProxy(t: WithEnd, proxy: Proxy, targets: Omit<Ports, 'listen'>): Promise<number> {
  const listen = await freePort()
  await startListening(t, listen, directory => proxy.command(directory, { ...targets, listen }))
  return listen
}

/** Starts a program with a directory of its own; resolves once it listens. It ends with the test. */
export async function startListening(
  t: WithEnd,
  port: number,
  commandIn: (directory: string) => Command,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'forward-auth-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  // nginx and httpd, started by root, go on as somebody else
  chmodSync(directory, 0o755)
  const { file, args, env } = commandIn(directory)
  await startProgram(t, port, file, args, env)
}

/** The site of the recipe, with ports of its own. */
export const nginxSite = (ports: Ports): string =>
  edited('nginx.conf', [
    ['listen 8080;', `listen 127.0.0.1:${ports.listen};`],
    ['server 127.0.0.1:4180;', `server 127.0.0.1:${ports.guard};`],
    ['server 127.0.0.1:8000;', `server 127.0.0.1:${ports.app};`],
  ])

/** How nginx is started with a site. The settings for all sites are the worst for it: it may not depend on them. */
export function nginxCommand(directory: string, site: string): Command {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(kind => `${kind}_temp_path ${directory}/${kind};`)
    .join(' ')
  const others = 'underscores_in_headers on; ignore_invalid_headers off;'
  writeFileSync(join(directory, 'site.conf'), site)
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; pid ${directory}/pid; events {}
     http { access_log off; ${others} ${temporary} include ${directory}/site.conf; }`,
  )
  return { file: 'nginx', args: ['-p', directory, '-e', 'stderr', '-c', join(directory, 'nginx.conf')] }
}

/** Starts the backend of the recipes; resolves to its port. */
export async function startBackend(t: WithEnd): Promise<number> {
  const port = await freePort()
  await startProgram(t, port, 'python3', [join(recipes, 'backend.py'), String(port)])
  return port
}

/** A recipe's file with lines of it replaced. Each must be there, exactly once. */
function edited(file: string, lines: readonly (readonly [from: string, to: string])[]): string {
  return lines.reduce(
    (text, [from, to]) => {
      const parts = text.split(from)
      if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} lines "${from}"`)
      return parts.join(to)
    },
    readFileSync(join(recipes, file), 'utf8'),
  )
}

async function startProgram(
  t: WithEnd,
  port: number,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4_000)
    })
  }
  t.teardown(() => end(child))
  await until(`${file} listens`, () => {
    if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}:\n${output}`)
    return accepts(port)
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isUp = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isUp
}

function versionOf(program: string, flag: string): string | undefined {
  const { stdout, stderr, status } = spawnSync(program, [flag], { encoding: 'utf8' })
  return status === 0 ? /\d+\.\d+[.\w]*/.exec(stdout + stderr)?.[0] : undefined
}
