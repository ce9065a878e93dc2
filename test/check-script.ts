import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs what `npm run check:<name>` runs, where that has installed what the lock file of its folder names, and has not just passed (`isChecked`). */
export async function runsCheck(name: string, folder: string, isChecked: string | undefined): Promise<void> {
  const [lock, installed] = ['package-lock.json', 'node_modules/installed-from'].map(
    file => `${root}/${folder}/${file}`,
  ) as [string, string]
  const isInstalled = existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))
  if (isChecked) t.pass(name, { skip: `npm run check:${name} has just passed` })
  else if (isInstalled) await check(name)
  else t.pass(name, { skip: `not installed: npm run check:${name} installs them` })
}

async function check(name: string) {
  // tap's hooks, in which compilers do not start, come back into every environment that is given here
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, `scripts/check-${name}.mjs`], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let details: string[] = []
  let last = ''
  for await (const line of createInterface({ input: child.stdout })) {
    last = line
    const [, not, title = ''] = /^(not )?ok - (.*)/.exec(line) ?? []
    if (title) t.equal(not, undefined, title)
    else details = [...details, line]
  }
  t.match(last, /^[1-9]\d* passed, 0 failed$/, 'it ends with its counts', { details })
}
