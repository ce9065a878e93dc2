import { once } from 'node:events'
import { connect } from 'node:net'

/** A request as it is written to the socket: nothing in it is normalised, and no header is added but Host and Connection. */
export interface RawRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

export interface RawAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** Sends a request on a connection of its own, and reads until the server closes it. */
export async function exchange(port: number, request: RawRequest): Promise<RawAnswer> {
  const { method = 'GET', path, headers = [], body = '' } = request
  const isChunked = headers.some(([name]) => name === 'Transfer-Encoding')
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: app.test',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body && !isChunked ? [`Content-Length: ${Buffer.byteLength(body)}`] : []),
    'Connection: close',
  ]
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.setTimeout(15_000, () => socket.destroy(new Error('no answer within fifteen seconds')))
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return parsed(Buffer.concat(chunks).toString())
}

/** Asks for an upgrade to WebSocket; when it is accepted, sends a text and waits for its echo. */
export async function webSocket(
  port: number,
  path: string,
  headers: readonly (readonly [name: string, value: string])[],
): Promise<{ readonly status: number; readonly echo?: string }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const upgrade = [
    `GET ${path} HTTP/1.1`,
    'Host: app.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.write(`${upgrade.join('\r\n')}\r\n\r\n`)
  const received = reader(socket)
  const { status } = parsed(await received(text => text.includes('\r\n\r\n')))
  if (status !== 101) {
    socket.destroy()
    return { status }
  }
  socket.write(Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')]))
  const echo = await received(text => text.endsWith('hello'))
  socket.destroy()
  return { status, echo: echo.slice(-5) }
}

function reader(socket: ReturnType<typeof connect>) {
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
  })
  return async (isWhole: (text: string) => boolean) => {
    while (!isWhole(text)) await once(socket, 'data')
    return text
  }
}

function parsed(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4) }
}
