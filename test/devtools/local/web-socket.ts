import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'

/** Agrees to a WebSocket as a server (RFC 6455 section 4.2.2); the first bytes after it go with the answer. */
export function agree(socket: Duplex, key: string, first: string | Buffer = ''): void {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  const head = [...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n')
  socket.write(Buffer.concat([Buffer.from(head), Buffer.from(first)]))
}
