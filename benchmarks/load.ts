import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A client that keeps its connections open, and uses as little CPU as possible. */
export interface Load {
  /** Sends so many requests, one at a time on each connection; resolves to the milliseconds until each answer. */
  send(count: number): Promise<number>
  close(): void
}

/**
 * Opens connections to a server on loopback whose every answer is 200 and of the same length, and counts bytes.
 *
 * @param requests the requests as HTTP/1.1 bytes, sent in turn
 */
export async function openLoad(
  port: number,
  requests: readonly Buffer[],
  connections: number,
): Promise<Load> {
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      await once(socket, 'connect')
      return socket
    }),
  )
  const length = await answerLength(sockets[0] as Socket, requests[0] as Buffer)
  let next = 0
  return {
    async send(count) {
      const start = performance.now()
      let left = count
      await Promise.all(
        sockets.map(
          socket =>
            new Promise<void>((resolve, reject) => {
              let received = 0
              const ask = () => {
                if (left-- > 0) {
                  socket.write(requests[next++ % requests.length] as Buffer)
                } else {
                  socket.removeAllListeners()
                  resolve()
                }
              }
              socket.on('close', () => reject(new Error('the server hung up')))
              socket.on('data', chunk => {
                received += chunk.length
                if (received > length) reject(new Error('an answer is longer than the first'))
                if (received < length) return
                received = 0
                ask()
              })
              if (socket.destroyed) reject(new Error('the server hung up'))
              else ask()
            }),
        ),
      )
      return performance.now() - start
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function answerLength(socket: Socket, request: Buffer): Promise<number> {
  let answer = ''
  socket.write(request)
  while (!isWhole(answer)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    answer += chunk.toString('latin1')
  }
  if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`a request is answered with\n${answer}`)
  return answer.length
}

const isWhole = (answer: string) => {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  return length === undefined ? answer.endsWith('\r\n0\r\n\r\n') : body.length === Number(length)
}
