// What CI jobs wait for it with.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { root } from '../../scripts/ensure-installed.mjs'
import { freePort, startProgram } from '../../scripts/programs.mjs'
import { startDev } from './dev.mjs'

const modules = join(import.meta.dirname, 'node_modules')
let dev

before(async () => {
  dev = await startDev()
})
after(() => dev.close())

for (const scheme of ['http:', 'http-get:', 'tcp:'])
  test(`wait-on ${scheme}`, async () => {
    const { host } = new URL(dev.url)
    const target = scheme === 'tcp:' ? `tcp:${host}` : `${scheme}//${host}/`
    const child = startProgram(process.execPath, [join(modules, 'wait-on/bin/wait-on'), '-t', '10s', target])
    assert.equal(await child.closed, 0, child.output())
  })
test('wait-on /health', async () => {
  const args = [join(modules, 'wait-on/bin/wait-on'), '-t', '10s', `${dev.url}/health`]
  const child = startProgram(process.execPath, args)
  assert.equal(await child.closed, 0, child.output())
})
test('start-server-and-test', { timeout: 60_000 }, async () => {
  const port = await freePort()
  const cli = join(root, 'dist/src/cli/main.js')
  const child = startProgram(
    process.execPath,
    [
      join(modules, 'start-server-and-test/src/bin/start.js'),
      `node ${cli} dev --port ${port}`,
      `http://127.0.0.1:${port}`,
      'node -p 6*7',
    ],
    { env: { WAIT_ON_TIMEOUT: '20000' } },
  )
  assert.equal(await child.closed, 0, child.output())
  assert.match(child.output(), /42/)
})
test('HEAD', async () => {
  const response = await fetch(dev.url, { method: 'HEAD' })
  assert.deepEqual([response.status, await response.text()], [200, ''])
})
