// What must not end the local Cognito, hold it up, or fill its memory.
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { expiring } from '../../../src/devtools/local/expiring.js'
import { startApiGateway } from '../../../src/devtools/local/fronts/api-gateway.js'
import { lambdaAuthorizer } from '../../../src/devtools/local/fronts/lambda-authorizer.js'
import { newLoadBalancerKey, startLoadBalancer } from '../../../src/devtools/local/fronts/load-balancer.js'
import { srpExchange } from '../../../src/devtools/local/user-pool/srp.js'
import { testClock } from '../../../src/testing/clock.js'
import { loopback } from '../../../src/testing/loopback.js'
import { startTestCognito } from './world.js'

const fronts: Readonly<Record<string, (t: Test, appPort: number) => Promise<string>>> = {
  async 'the load balancer'(t, appPort) {
    const { local } = await startTestCognito(t)
    const options = { appPort, port: 0, unauthenticated: 'allow' } as const
    const front = await startLoadBalancer(local, newLoadBalancerKey(), options)
    t.teardown(front.close)
    return front.url
  },
  async 'the API Gateway'(t, apiPort) {
    const handler = () => ({ isAuthorized: true })
    const authorizer = lambdaAuthorizer({ authorizer: handler, type: 'http', ttl: 0, clock: Date })
    const front = await startApiGateway({ authorizer, apiPort, port: 0, clock: Date })
    t.teardown(front.close)
    return front.url
  },
}

const headers = { authorization: 'Bearer x' }

t.test('an app behind a front cannot end it', async t => {
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
  const cases: Readonly<Record<string, { says: string; answer: unknown }>> = {
    'no answer': { says: '', answer: 502 },
    'no HTTP': { says: 'Who is there?\r\n\r\n', answer: 502 },
    'a status under 100': { says: 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n', answer: 'broken' },
    'trailers without chunks': {
      says: 'HTTP/1.1 200 OK\r\nTrailer: x\r\nContent-Length: 0\r\n\r\n',
      answer: 'broken',
    },
    'another protocol': {
      says: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n',
      answer: 502,
    },
    'the beginning of an answer, and its end': {
      says: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok',
      answer: 'broken',
    },
  }
  for (const [front, start] of Object.entries(fronts)) {
    t.test(front, async t => {
      let says = ''
      const app = await startApp(t, socket => socket.end(says))
      const url = await start(t, app.port)
      for (const [name, given] of Object.entries(cases)) {
        says = given.says
        t.equal(await upload(url), given.answer, name)
      }
      says = ok
      t.equal(await upload(url), 200, 'and goes on')
      const cut = httpRequest(url, { method: 'POST', headers })
      cut.on('error', () => {}).write('x'.repeat(200_000))
      const restarted = await app.next()
      restarted.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok')
      const [answer] = (await once(cut, 'response')) as [IncomingMessage]
      const closed = new Promise(resolve =>
        answer
          .on('error', () => {})
          .once('close', resolve)
          .resume(),
      )
      restarted.resetAndDestroy()
      await closed
      t.notOk(answer.complete, 'an app that restarts during an upload, after it has begun to answer')
      const left = httpRequest(url, { method: 'POST', headers }).on('error', () => {})
      left.write('x')
      const socket = await app.next()
      left.destroy()
      await once(socket, 'close')
      t.pass('a client that leaves takes its request to the app along')
      app.close()
      t.equal(await upload(url), 502, 'an app that is not there')
    })
  }
})

t.test('a burst of sign-ins by SRP leaves every turn of the event loop to others', async t => {
  let isOver = false
  let turns = 0
  const count = () => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const user = { poolName: 'LOCALDEV0', username: 'alice', password: 'Wonderland-1' }
  const exchanges = await Promise.all(Array.from({ length: 20 }, () => srpExchange(user, 'ff'.repeat(384))))
  isOver = true
  t.ok(exchanges.every(exchange => exchange?.parameters.SRP_B.length))
  t.ok(turns >= 4 * 20, `${turns} turns for the four powers of each`)
})

t.test('what has expired is dropped', async t => {
  const { local, url, control } = await startTestCognito(t)
  const { sessions, clock } = local
  const user = local.users.find('alice') as never
  const session = { user, clientId: 'localweb', scopes: ['openid'], isManagedLogin: true }
  const ids = async () =>
    ((await (await fetch(`${url}/_local/state`)).json()) as { sessions: { id: string }[] }).sessions.map(
      ({ id }) => id,
    )
  const plain = sessions.open(session)
  t.same(await ids(), [plain.id])
  clock.advance(301)
  t.same(await ids(), [], 'a session of which no token was issued')

  await control('tokens', { username: 'alice' })
  t.equal((await ids()).length, 1)
  clock.advance(3599)
  t.equal((await ids()).length, 1, 'as long as its tokens are good')
  clock.advance(2)
  t.same(await ids(), [])

  const refreshable = sessions.open(session)
  const token = sessions.refreshToken(refreshable, 100_000)
  sessions.keep(refreshable, 60)
  clock.advance(99_999)
  t.equal(sessions.ofRefreshToken(token), refreshable)
  t.same(await ids(), [refreshable.id], 'as long as its refresh token')
  clock.advance(2)
  t.equal(sessions.ofRefreshToken(token), undefined)
  t.same(await ids(), [])

  for (let i = 0; i < 120; i++) sessions.open(session)
  t.equal((await ids()).length, 100, 'the page and the state show the newest')
})

t.test('values until they expire', async t => {
  const clock = testClock({ now: () => 0 })
  const map = expiring<number>(clock, 10)
  map.set('a', 1)
  map.set('b', 2, 20)
  map.extend('b', 3, 5)
  map.extend('c', 4, 5)
  t.same(map.entries(), [
    ['a', 1, 10_000],
    ['b', 3, 20_000],
    ['c', 4, 5000],
  ])
  clock.advance(10)
  t.equal(map.get('a'), undefined)
  t.same(map.entries(), [['b', 3, 20_000]])
  map.delete('b')
  t.same(map.entries(), [])
  for (let i = 0; i < 50_001; i++) map.set(String(i), i)
  t.equal(map.entries().length, 50_000, 'at most so many')
  t.equal(map.get('0'), undefined, 'the oldest goes first')
  clock.advance(60)
  for (let i = 0; i < 50_000; i++) map.set(`later ${i}`, i, 60)
  t.equal(map.get('later 0'), 0, 'what has expired makes room')
})

/** An upload of 200 kB: its answer's status, or that the connection broke. */
const upload = (url: string) =>
  fetch(url, { method: 'POST', headers, body: 'x'.repeat(200_000) }).then(
    response =>
      response.arrayBuffer().then(
        () => response.status,
        () => 'broken',
      ),
    () => 'broken',
  )

/** An app that answers each connection by hand, once it has sent something. */
async function startApp(t: Test, answer: (socket: Socket) => void) {
  const waiting: ((socket: Socket) => void)[] = []
  const server = createServer(socket => {
    socket.on('error', () => {}).once('data', () => (waiting.shift() ?? answer)(socket))
    socket.resume()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  return {
    port: (server.address() as AddressInfo).port,
    close: () => server.close(),
    /** The next connection, which gets no answer. */
    next: () => new Promise<Socket>(resolve => waiting.push(resolve)),
  }
}

t.test('a fault after an answer has begun breaks the connection off', async t => {
  const logged = t.capture(console, 'error')
  const { url, close } = await loopback(async (_request, response) => {
    response.writeHead(200)
    await new Promise<void>(sent => response.write('half', () => sent()))
    throw new Error('a bug')
  }, 0)
  t.teardown(close)
  const response = await fetch(url)
  t.equal(response.status, 200)
  await t.rejects(response.text())
  t.match(logged(), [{ args: [{ message: 'a bug' }] }])
})
