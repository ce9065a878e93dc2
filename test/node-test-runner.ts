import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import t from 'tap'

/** Runs a command that prints TAP in a folder, and reports each of its tests. */
export async function runsTests(
  cwd: string,
  command: readonly string[],
  stderr: 'inherit' | 'ignore' = 'inherit',
): Promise<void> {
  // tap's hooks are not for the test runner of Node.js
  const child = spawn('env', ['-u', 'NODE_OPTIONS', ...command], {
    cwd,
    stdio: ['ignore', 'pipe', stderr],
  })
  for await (const line of createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })) {
    const [, not, name = ''] = /^ *(not )?ok \d+ - (.*)/.exec(line) ?? []
    if (name) t.equal(not, undefined, name)
  }
  const code = child.exitCode ?? (await new Promise(resolve => child.once('close', resolve)))
  t.equal(code, 0, 'it ends well')
}
