import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'

// The stacks of examples/deploy, synthesized, and their functions called, where `npm run check:deploy` has installed the AWS CDK.
const folder = fileURLToPath(new URL('../../examples/deploy', import.meta.url))

t.setTimeout(240_000)
if (process.env.DEPLOY_CHECKED) t.pass('examples/deploy', { skip: 'npm run check:deploy has just passed' })
else if (existsSync(`${folder}/node_modules/cognito-guard/packed-from`)) await check()
else t.pass('examples/deploy', { skip: 'not installed: npm run check:deploy installs it' })

async function check() {
  // tap's hooks are not for the test runner of Node.js
  const child = spawn('env', ['-u', 'NODE_OPTIONS', 'npm', 'test', '--silent'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const [, not, name = ''] = /^ *(not )?ok \d+ - (.*)/.exec(line) ?? []
    if (name) t.equal(not, undefined, name)
  }
  const code = child.exitCode ?? (await new Promise(resolve => child.once('close', resolve)))
  t.equal(code, 0, 'it ends well')
}
