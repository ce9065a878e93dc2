// examples/local, as far as it runs without Docker: the commands of its files, run by this Node.js.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'

const root = new URL('../../', import.meta.url).pathname
const folder = join(root, 'examples/local')
const dockerfile = readFileSync(join(folder, 'Dockerfile'), 'utf8')
const compose = readFileSync(join(folder, 'compose.yaml'), 'utf8')

/** The words of a command that a file has as a list. */
const commandIn = (text: string, name: string) =>
  JSON.parse(new RegExp(`${name}:? (\\[.*\\])$`, 'm').exec(text)?.[1] ?? '') as string[]

t.test('the commands of examples/local', async t => {
  const entry = commandIn(dockerfile, 'ENTRYPOINT')
  const command = commandIn(compose, 'command')
  const state = t.testdir({})
  const places = { 'node_modules/cognito-guard': root, '/config': folder, '/local': folder, '/state': state }
  const here = (word: string) => {
    const [place, real] = Object.entries(places).find(([name]) => word.startsWith(`${name}/`)) ?? ['', '']
    return join(real, word.slice(place.length))
  }
  const server = start(t, [...entry, ...command].map(here).concat('--port', '0', '--json'))
  const { port } = JSON.parse(await server.line()) as { port: number }

  const health = commandIn(dockerfile, 'HEALTHCHECK.* CMD').map(word => word.replace('9400', String(port)))
  t.equal(await start(t, health).code, 0, 'healthy')
  t.equal(
    await start(
      t,
      health.map(word => word.replace(String(port), '1')),
    ).code,
    1,
    'not yet',
  )

  const byName = `data:text/javascript,${encodeURIComponent(
    `import dns from 'node:dns'
const { lookup } = dns
dns.lookup = (name, ...rest) => lookup(name === 'cognito' ? '127.0.0.1' : name, ...rest)`,
  )}`
  const [node = '', ...args] = commandIn(compose, 'entrypoint').map(here)
  const [, url = ''] = /COGNITO_URL: "(.*?)"/.exec(compose) ?? []
  const env = { COGNITO_URL: url.replace('9400', String(port)), PORT: '0' }
  const api = start(t, [node, '--import', byName, ...args], env)
  const [, apiPort = ''] = /(\d+)/.exec(await api.line()) ?? []
  const tokens = await fetch(`http://localhost:${port}/_local/tokens`, {
    method: 'POST',
    body: '{"username":"alice"}',
  })
  const { accessToken } = (await tokens.json()) as { accessToken: string }
  const ask = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${apiPort}/`, { headers })
  t.equal((await ask({})).status, 401)
  const answer = await ask({ authorization: `Bearer ${accessToken}` })
  t.match([answer.status, await answer.json()], [200, { username: 'alice', groups: ['admin'] }])
  const production = start(t, [node, ...args], { ...env, NODE_ENV: 'production' })
  t.equal(await production.code, 1, 'not in production')
  t.match(production.errors(), /insecureHttpHosts has an entry that must be/)
})

t.test('what opens it is on loopback', async t => {
  const ports = [...compose.matchAll(/ports: (\[.*\])/g)].flatMap(
    ([, list = '']) => JSON.parse(list) as string[],
  )
  t.equal(ports.length, 2)
  t.ok(ports.every(port => port.startsWith('127.0.0.1:')))
  t.match(dockerfile, 'docker run -p 127.0.0.1:9400:9400')
})

function start(t: Test, [command = '', ...args]: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(command === 'node' ? process.execPath : command, args, {
    env: { ...process.env, ...env },
  })
  const closed = once(child, 'close') as Promise<[number | null]>
  t.teardown(async () => {
    child.kill('SIGTERM')
    await closed
  })
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += String(chunk)
  })
  return {
    code: closed.then(([code]) => code),
    errors: () => errors,
    async line() {
      const line = await Promise.race([once(child.stdout, 'data'), closed])
      if (typeof line[0] === 'number') throw new Error(errors)
      return String(line[0])
    },
  }
}
