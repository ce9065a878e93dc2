import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  scripts: Readonly<Record<string, string>>
}
const old = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.20.8"})`

t.test('every script tells an old Node.js so in one sentence, before it does anything', async t => {
  const programs = Object.values(scripts).filter(script => /^node \S+$/.test(script))
  t.ok(programs.length > 5)
  for (const program of programs) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', old, program.slice('node '.length)],
      { cwd: root, encoding: 'utf8', timeout: 20_000 },
    )
    t.same([status, stdout], [1, ''], program)
    t.match(
      stderr,
      /^Install Node\.js 20\.19 or later: this is 18\.20\.8, which is too old for cognito-guard\.\n$/,
    )
  }
})
