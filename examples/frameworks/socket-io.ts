import { createServer } from 'node:http'
import { demand, hasScope, isAuthError, type VerifiedToken } from 'cognito-guard'
import { type DefaultEventsMap, Server } from 'socket.io'
import { guard } from './guard.js'
import { listen } from './listen.js'

const server = createServer()
const io = new Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, { auth: VerifiedToken }>(server)

// The token is in the first packet, not in a header: io(url, { auth: { token } })
io.use(async (socket, next) => {
  try {
    const { token } = socket.handshake.auth
    const authorization = token === undefined ? undefined : `Bearer ${token}`
    const decision = await guard({ header: name => (name === 'authorization' ? authorization : undefined) })
    if (!decision.authorized) return next(Object.assign(new Error('refused'), { data: decision.body }))
    socket.data.auth = decision.auth
    next()
  } catch {
    next(new Error('failed'))
  }
})

io.on('connection', socket => {
  const { auth } = socket.data
  // no connection outlives its token
  const expiry = setTimeout(() => socket.disconnect(true), auth.principal.expiresAt * 1_000 - Date.now())
  socket.on('disconnect', () => clearTimeout(expiry))
  socket.on('me', reply => reply(auth.principal))
  socket.on('orders', async reply => {
    try {
      await demand(auth, hasScope('orders/read'))
      reply(auth.principal)
    } catch (error) {
      reply({ error: isAuthError(error) ? error.code : 'failed' })
    }
  })
})

listen(server)
