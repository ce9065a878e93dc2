// How hosts of keys are reached through proxies. A file of its own: a process makes its agents once.
import { writeFile } from 'node:fs/promises'
import http, { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { certificate } from './certificate.js'
import { host, say, setOf, signer } from './issuer-double.js'
import { lab } from './lab.js'
import { client } from './run-client.js'

const good = setOf(signer('one'))

/** A proxy on loopback, and what it was asked for: tunnels (RFC 9110 section 9.3.6), and whole URLs. */
async function proxy(t: Test) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`GET ${request.url}`)
    http.get(request.url as string, answer => answer.pipe(response))
  })
  server.on('connect', (request, socket, head) => {
    asked.push(`CONNECT ${request.url}`)
    const [name, port] = (request.url as string).split(':')
    const target = connect(Number(port), name, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      target.write(head)
      target.pipe(socket).pipe(target)
    })
    for (const end of [socket, target]) end.on('error', () => target.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const knowsProxies = process.allowedNodeEnvironmentFlags.has('--use-env-proxy')

t.test('proxies that the environment names', async t => {
  const pair = certificate({ ip: '127.0.0.1', from: new Date('2001-01-01'), to: new Date('2120-01-01') })
  const trusted = join(t.testdir(), 'trusted.pem')
  await writeFile(trusted, pair.cert)
  const secure = await host(t, say(good), createSecureServer(pair))
  const plain = await host(t, say(good))
  const through = async (env: Record<string, string>) => {
    const { asked, url } = await proxy(t)
    const { output } = await client('fetch', [secure.url, plain.url], {
      NODE_EXTRA_CA_CERTS: trusted,
      HTTPS_PROXY: url,
      HTTP_PROXY: url,
      NO_PROXY: '',
      ...env,
    })
    t.same(output, ['one', 'one'])
    return asked
  }
  t.same(await through({}), [], 'none unless Node.js is told to use them')
  if (!knowsProxies) return t.comment(`the rest is not tested: Node.js ${process.version} knows no proxies`)
  const both = [`CONNECT ${secure.origin.slice(8)}`, `GET ${plain.url}`]
  t.same(await through({ NODE_USE_ENV_PROXY: '1' }), both)
  t.same(await through({ NODE_OPTIONS: '--use-env-proxy' }), both)
  t.same(await through({ NODE_USE_ENV_PROXY: '1', NO_PROXY: '127.0.0.1' }), [])

  const env = { NODE_USE_ENV_PROXY: '1', NO_PROXY: '' }
  const down = await client('fetch', [secure.url], { ...env, HTTPS_PROXY: 'http://127.0.0.1:1' })
  t.match(down.output, [/^connect /], 'a proxy that is down is an outage')
  const silent = await host(
    t,
    () => {},
    createServer().on('connect', () => {}),
  )
  for (const task of ['leave', 'close']) {
    const { exitedAfter } = await client(task, [secure.url], { ...env, HTTPS_PROXY: silent.origin })
    t.ok(exitedAfter < 500, `${task}: one that is silent holds no process, ${exitedAfter} ms`)
  }
})

t.test('what the global agent was given counts', async t => {
  // As in a process that was told to use proxies; before the first request of this one.
  const { asked, url } = await proxy(t)
  const { options } = http.globalAgent as unknown as { options: { proxyEnv?: object } }
  options.proxyEnv = { HTTP_PROXY: url }
  t.teardown(() => delete options.proxyEnv)
  const issuer = await host(t, say(good))
  t.ok((await lab(t, issuer.url).ask('one')).key)
  t.same(asked, knowsProxies ? [`GET ${issuer.url}`] : [])
})
