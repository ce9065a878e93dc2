import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'

// The example of an MCP server with the clients of the official SDK, where `npm run check:mcp` has installed them.
const folder = fileURLToPath(new URL('../../examples/mcp', import.meta.url))

t.setTimeout(120_000)
if (existsSync(`${folder}/node_modules/.package-lock.json`)) await check()
else t.pass('examples/mcp', { skip: 'not installed: npm run check:mcp installs it' })

async function check() {
  // tap's hooks are not for the test runner of Node.js
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, '--test', '--test-reporter=tap'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const [, not, name = ''] = /^(not )?ok \d+ - (.*)/.exec(line) ?? []
    if (name) t.equal(not, undefined, name)
  }
  const code = child.exitCode ?? (await new Promise(resolve => child.once('close', resolve)))
  t.equal(code, 0, 'it ends well')
}
