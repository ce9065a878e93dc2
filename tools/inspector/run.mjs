// Runs the command line of the MCP Inspector, which needs a later Node.js than the rest.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

/** Why it cannot be run here; `false` where it can. */
export function whyNot() {
  if (!existsSync(launcher)) return 'the Inspector is not installed: npm run check:mcp installs it'
  return (
    nodeForInspector() === undefined &&
    'the Inspector needs Node.js 22.19: npm run check:runtimes installs one'
  )
}

/** This Node.js, or one that the checks of runtimes have installed. */
function nodeForInspector() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath
  return [24, 26, 22]
    .map(version => pathOf(`../runtimes/node_modules/node-${version}/bin/node`))
    .find(file => existsSync(file))
}

/**
 * Returns its exit status and output. It never signs in by itself. What it sends to other hosts than loopback goes to a proxy that counts and
 * refuses it, `elsewhere`.
 *
 * @param home where it keeps its files
 */
export async function inspect(url, home, ...args) {
  let elsewhere = 0
  const proxy = createServer()
  for (const event of ['request', 'connect'])
    proxy.on(event, ({ socket }) => {
      elsewhere++
      socket.destroy()
    })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const proxyUrl = `http://127.0.0.1:${proxy.address().port}`
  const child = spawn(
    nodeForInspector(),
    [launcher, '--cli', url, ...args, '--stored-auth-only', '--format', 'json'],
    {
      env: {
        PATH: process.env.PATH,
        HOME: home,
        NODE_USE_ENV_PROXY: '1',
        HTTP_PROXY: proxyUrl,
        HTTPS_PROXY: proxyUrl,
        NO_PROXY: '127.0.0.1,localhost',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    },
  )
  const output = { stdout: '', stderr: '' }
  for (const name of Object.keys(output))
    child[name].setEncoding('utf8').on('data', text => {
      output[name] += text
    })
  const [status] = await once(child, 'close')
  proxy.close()
  return { status, ...output, elsewhere }
}

function pathOf(file) {
  return fileURLToPath(new URL(file, import.meta.url))
}

const launcher = pathOf('node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js')
