import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runsTests } from './node-test-runner.js'

// The example of an MCP server with the clients of the official SDK, where `npm run check:mcp` has installed them.
const folder = fileURLToPath(new URL('../../examples/mcp', import.meta.url))

t.setTimeout(120_000)
if (process.env.MCP_CHECKED) t.pass('examples/mcp', { skip: 'npm run check:mcp has just passed' })
else if (existsSync(`${folder}/node_modules/.package-lock.json`))
  await runsTests(folder, [process.execPath, '--test', '--test-reporter=tap'])
else t.pass('examples/mcp', { skip: 'not installed: npm run check:mcp installs it' })
