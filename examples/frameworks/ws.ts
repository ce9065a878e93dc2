import { createServer, ServerResponse } from 'node:http'
import {
  bearer,
  createGuard,
  demand,
  firstOf,
  hasScope,
  isAuthError,
  type VerifiedToken,
  webSocketProtocol,
} from 'cognito-guard'
import { nodeRequestView, refuse } from 'cognito-guard/node'
import { type WebSocket, WebSocketServer } from 'ws'
import { verifier } from './guard.js'
import { listen } from './listen.js'

// A browser sends no headers: new WebSocket(url, ['bearer', token])
const guard = createGuard({ verifier, token: firstOf(bearer(), webSocketProtocol()) })
const sockets = new WebSocketServer({
  noServer: true,
  handleProtocols: offered => (offered.has('bearer') ? 'bearer' : false),
})
const server = createServer((_request, response) => response.writeHead(426).end())

server.on('upgrade', async (request, socket, head) => {
  socket.on('error', () => socket.destroy())
  try {
    const decision = await guard(nodeRequestView(request))
    if (decision.authorized) {
      sockets.handleUpgrade(request, socket, head, ws => connected(ws, decision.auth))
      return
    }
    const response = new ServerResponse(request)
    response.assignSocket(socket as import('node:net').Socket)
    response.setHeader('Connection', 'close')
    response.on('finish', () => socket.end())
    refuse(response, decision)
  } catch {
    socket.destroy()
  }
})

function connected(ws: WebSocket, auth: VerifiedToken) {
  // no connection outlives its token
  const expiry = setTimeout(() => ws.close(4401, 'expired'), auth.principal.expiresAt * 1_000 - Date.now())
  ws.on('close', () => clearTimeout(expiry))
  ws.on('message', async data => {
    // a client may still send while it is asked to close
    if (ws.readyState !== ws.OPEN) return
    try {
      if (data.toString() === 'orders') await demand(auth, hasScope('orders/read'))
      ws.send(JSON.stringify(auth.principal))
    } catch (error) {
      if (isAuthError(error)) ws.send(JSON.stringify({ error: error.code }))
      else ws.close(1011)
    }
  })
}

listen(server)
