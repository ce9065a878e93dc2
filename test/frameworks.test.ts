import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'

// Runs what `npm run check:frameworks` runs, where that has installed what the lock file names. What is built already is not built again.
const root = fileURLToPath(new URL('../..', import.meta.url))
const [lock, installed] = ['package-lock.json', 'node_modules/installed-from'].map(
  file => `${root}/examples/frameworks/${file}`,
) as [string, string]
const isInstalled = existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))

t.setTimeout(300_000)
if (process.env.FRAMEWORKS_CHECKED) t.pass('frameworks', { skip: 'npm run check:frameworks has just passed' })
else if (isInstalled) await check()
else t.pass('frameworks', { skip: 'not installed: npm run check:frameworks installs them' })

async function check() {
  // tap's hooks, in which compilers do not start, come back into every environment that is given here
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, 'scripts/check-frameworks.mjs'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let details: string[] = []
  let last = ''
  for await (const line of createInterface({ input: child.stdout })) {
    last = line
    const [, not, name = ''] = /^(not )?ok - (.*)/.exec(line) ?? []
    if (name) t.equal(not, undefined, name)
    else details = [...details, line]
  }
  t.match(last, /^[1-9]\d* passed, 0 failed$/, 'it ends with its counts', { details })
}
