// What the examples of sockets are asked. One real wait: a token that expires after two seconds.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { user } from './http.mjs'

/** Returns what is wrong with a server of sockets, one line each. */
export async function checkSocket({ up, down, issuer, socket, folder }) {
  const connect = clients[socket](createRequire(`${folder}/package.json`))
  const problems = []
  const expect = (condition, text) => condition || problems.push(text)
  const alice = issuer.accessToken(user('alice', []))
  const bob = issuer.accessToken({ username: 'bob' })

  for (const [what, url, tokens, status] of [
    ['no token', up, [], 401],
    ['a bad token', up, ['rubbish'], 401],
    ['an expired token', up, [issuer.accessToken({ expiresIn: -60 })], 401],
    ['key outage', down, [alice], 503],
    ...(socket === 'ws' ? [['two tokens', up, [alice, bob], 400]] : []),
  ]) {
    const { refused } = await connect(url, ...tokens)
    expect(refused?.status === status, `${what}: ${JSON.stringify(refused)}`)
    if (status === 401 && what !== 'no token')
      expect(refused?.error === 'invalid_token', `${what}: ${JSON.stringify(refused)}`)
  }

  const { close, ask } = await connect(up, alice)
  expect((await ask?.('me'))?.username === 'alice', 'a good token is not let in')
  expect((await ask?.('orders'))?.username === 'alice', 'a message with its scope is not permitted')
  close?.()
  const other = await connect(up, bob)
  expect((await other.ask?.('me'))?.username === 'bob', 'another good token is not let in')
  expect(
    (await other.ask?.('orders'))?.error === 'ERR_PERMISSION_DENIED',
    'a message without its scope is permitted',
  )
  other.close?.()

  const expiresIn = 2
  const started = performance.now()
  const brief = await connect(up, issuer.accessToken({ username: 'alice', expiresIn }))
  expect((await brief.ask?.('me'))?.username === 'alice', 'a token that expires soon is not let in')
  const reason = await Promise.race([
    brief.closed,
    new Promise(resolve => setTimeout(resolve, 5_000, 'open')),
  ])
  const seconds = (performance.now() - started) / 1_000
  const isExpected = reason === (socket === 'ws' ? 4401 : 'io server disconnect')
  expect(isExpected && seconds < expiresIn + 1, `closed at expiry: ${reason} after ${seconds} s`)
  brief.close?.()
  return problems
}

const clients = {
  ws: load => {
    const WebSocket = load('ws')
    return async (url, ...tokens) => {
      const [protocol, header] = tokens
      const socket = new WebSocket(url.replace('http', 'ws'), protocol ? ['bearer', protocol] : [], {
        headers: header ? { authorization: `Bearer ${header}` } : {},
      })
      const refused = await new Promise((resolve, reject) => {
        socket.once('open', () => resolve(undefined)).once('error', reject)
        socket.once('unexpected-response', async (_request, response) => {
          let text = ''
          for await (const chunk of response) text += chunk
          resolve({ status: response.statusCode, ...JSON.parse(text) })
        })
      })
      if (refused) return { refused }
      return {
        ask: async message => {
          const answer = once(socket, 'message')
          socket.send(message)
          return JSON.parse((await answer)[0])
        },
        closed: once(socket, 'close').then(([code]) => code),
        close: () => socket.close(),
      }
    }
  },
  'socket.io': load => {
    const { io } = load('socket.io-client')
    const statuses = { unauthorized: 401, invalid_token: 401, temporarily_unavailable: 503 }
    return async (url, token) => {
      const socket = io(url, { auth: token ? { token } : {}, reconnection: false, forceNew: true })
      const refused = await new Promise(resolve => {
        socket.once('connect', () => resolve(undefined))
        socket.once('connect_error', ({ data, message }) =>
          resolve({ status: statuses[data?.error], message, ...data }),
        )
      })
      if (refused) {
        socket.close()
        return { refused }
      }
      return {
        ask: message => socket.timeout(5_000).emitWithAck(message),
        closed: new Promise(resolve => socket.once('disconnect', resolve)),
        close: () => socket.close(),
      }
    }
  },
}
