import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { openPage } from '../../../src/cli/open-page.js'
import { tableRow } from '../../../src/devtools/demo/table.js'
import { createWorld } from '../../../src/devtools/demo/world.js'
import { start } from '../../program.js'

t.test('the check passes by itself and leaves nothing running', async t => {
  const { code, output } = await start('src/cli/main.js', ['demo', '--check']).closed
  t.equal(code, 0)
  t.match(output, '10 of 10 as expected')
  t.same(
    [...output.matchAll(/✓ .*? (\d{3}) +(\S+)$/gm)].map(([, status, reason]) => `${status} ${reason}`),
    [
      '401 ERR_TOKEN_MISSING',
      '200 authorized',
      '403 ERR_PERMISSION_DENIED',
      '200 authorized',
      '401 ERR_TOKEN_USE',
      '401 ERR_TOKEN_EXPIRED',
      '401 ERR_TOKEN_SIGNATURE',
      '200 authorized',
      '200 authorized',
      '503 ERR_KEYS_UNAVAILABLE',
    ],
    output,
  )
})

t.test('an answer that was not expected stands out', async t => {
  const expected = { status: 200, reason: 'authorized' }
  const actual = { status: 503, reason: 'ERR_KEYS_UNAVAILABLE' }
  t.match(tableRow({ what: 'x', path: '/y', expected, actual }), /✗ x .* expected 200 authorized/)
})

t.test('the page, and what it needs of the API', async t => {
  const { url, api, close } = await createWorld()
  t.teardown(close)
  const page = await fetch(`${url}/demo`)
  t.match(page.headers.get('content-security-policy'), `connect-src 'self' ${api.url};`)
  const text = await page.text()
  for (const id of [
    'step-sign-in',
    'step-token',
    'step-guard',
    'step-answer',
    'step-exchange',
    'step-aws-call',
  ])
    t.match(text, `data-testid="${id}"`)
  const preflight = await fetch(`${api.url}/orders`, { method: 'OPTIONS' })
  t.equal(preflight.headers.get('access-control-allow-origin'), url)
  t.equal(
    (await fetch(`${api.url}/orders`)).headers.get('access-control-allow-origin'),
    url,
    'on a refusal too',
  )
  t.equal((await fetch(`${api.url}/nothing`)).status, 404)
  const { code, output } = await start('src/cli/main.js', ['demo', '--help']).closed
  t.match({ code, output }, { code: 0, output: 'Usage: cognito-guard demo' })
})

t.test('the page opens on a terminal', async t => {
  const folder = t.testdir({})
  for (const name of ['xdg-open', 'open', 'cmd'])
    writeFileSync(`${folder}/${name}`, '#!/bin/sh\necho "$@" > "$OUT.part" && mv "$OUT.part" "$OUT"\n', {
      mode: 0o755,
    })
  let calls = 0
  const open = (platform: string, isTTY: boolean, more: Record<string, string> = {}) => {
    const OUT = `${folder}/out-${calls++}`
    const stdout = { write() {}, isTTY }
    const env = { PATH: `${folder}:/bin:/usr/bin`, OUT, ...more }
    openPage('http://127.0.0.1:1/demo', { stdin: [] as never, stdout, stderr: stdout, env }, platform)
    return OUT
  }
  const closed = [
    open('linux', true),
    open('darwin', false),
    open('darwin', true, { CI: 'true' }),
    open('darwin', true, { PATH: '/nothing' }),
  ]
  for (const [platform, more, args] of [
    ['linux', { DISPLAY: ':0' }, 'http://127.0.0.1:1/demo'],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'http://127.0.0.1:1/demo'],
    ['darwin', {}, 'http://127.0.0.1:1/demo'],
    ['win32', {}, '/c start  http://127.0.0.1:1/demo'],
  ] as const) {
    const out = open(platform, true, more)
    while (!existsSync(out)) await new Promise(resolve => setTimeout(resolve, 5))
    t.equal(readFileSync(out, 'utf8'), `${args}\n`, platform)
  }
  t.same(closed.filter(existsSync), [], 'not without a screen, a reader or a browser')
})

t.test('an unknown user cannot sign in', async t => {
  const world = await createWorld()
  t.teardown(world.close)
  await t.rejects(world.signIn('nobody'), { message: /NotAuthorizedException/ })
})

t.test('the demo goes on with lines to paste, until Ctrl-C', async t => {
  const demo = start('src/cli/main.js', ['demo'])
  const output = await demo.until('Ctrl-C')
  const tokens = new Map([...output.matchAll(/^(\w+)=(\S+)$/gm)].map(([, name, token]) => [name, token]))
  const lines = [...output.matchAll(/^curl -iw '\\n' (\S+)(?: -H "Authorization: Bearer \$(\w+)")?$/gm)]
  const statuses = lines.map(async ([, url = '', name]) => {
    const headers = name ? { Authorization: `Bearer ${tokens.get(name)}` } : {}
    return (await fetch(url, { headers })).status
  })
  t.same(await Promise.all(statuses), [401, 200, 403, 200, 200])
  demo.kill('SIGINT')
  t.equal((await demo.closed).code, 0)
})

t.test('examples/express starts, guards and ends', async t => {
  const env = { USER_POOL_ID: 'eu-west-1_AbCdEf123', CLIENT_ID: '1example23456789', PORT: '0' }
  const server = start('examples/express/server.js', [], env)
  const [, url = ''] = (await server.until('/me')).match(/(http:\S+)\/me/) ?? []
  for (const path of ['/orders', '/admin', '/me']) t.equal((await fetch(url + path)).status, 401, path)
  server.kill('SIGTERM')
  const { code, output } = await server.closed
  t.equal(code, 0)
  t.equal(output.match(/401 ERR_TOKEN_MISSING/g)?.length, 3, 'decisions are logged')
  t.not((await start('examples/express/server.js').closed).code, 0, 'does not start without a user pool')
})
