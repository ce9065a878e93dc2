import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('dist', import.meta.url))

/** Serves the built site on loopback; `port` 0 is any that is free. */
export async function serveSite(port = 0) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://127.0.0.1')
    const path = normalize(decodeURIComponent(pathname))
    const found = [path, `${path}.html`, `${path}/index.html`].map(read).find(each => each)
    const { body, type } = found ?? read('/404.html')
    response.writeHead(found ? 200 : 404, { 'content-type': type })
    response.end(body)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

function read(path) {
  try {
    return { body: readFileSync(join(dist, path)), type: types[extname(path)] ?? 'application/octet-stream' }
  } catch {
    return undefined
  }
}

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
}
