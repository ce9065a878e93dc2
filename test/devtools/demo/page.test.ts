// The page of the demo in Debian's chromium: what it shows is what happens, on a phone and by keyboard too.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { runInNewContext } from 'node:vm'
import axe from 'axe-core'
import * as guards from 'cognito-guard'
import { type Browser, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { routes } from '../../../src/devtools/demo/routes.js'
import { createWorld } from '../../../src/devtools/demo/world.js'
import { launchChromium } from '../../chromium.js'

t.setTimeout(120_000)

t.test('the code of the routes that is shown is what runs', async t => {
  const world = await createWorld()
  t.teardown(world.close)
  const shown = new Map<string, guards.Policy>()
  const scope = {
    ...guards,
    app: { get: (path: string, policy: guards.Policy) => shown.set(path, policy) },
    protect: (_guard: object, policy: guards.Policy) => policy,
    guard: {},
  }
  for (const { code } of routes.values()) runInNewContext(code, scope)
  t.same([...shown.keys()], [...routes.keys()])
  for (const user of ['alice', 'bob']) {
    const { accessToken } = await world.signIn(user)
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
    for (const [path, policy] of shown) {
      const { status } = await world.api.get(path, accessToken)
      const principal = { kind: 'user', groups: claims['cognito:groups'], scopes: claims.scope.split(' ') }
      t.equal(policy({ principal } as never, { header: () => undefined }), status === 200, `${user} ${path}`)
    }
  }
})

t.test('the documentation is a click away', async t => {
  const world = await createWorld()
  t.teardown(world.close)
  const answer = await fetch(`${world.url}/demo/README.md`)
  t.match(answer.headers.get('content-type'), 'text/plain')
  t.match(await answer.text(), /^# cognito-guard\n/)
})

const browser = await launchChromium(t)
if (browser) {
  for (const [width, colorScheme] of [
    [360, 'light'],
    [390, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)
    t.test(`${width} px wide, ${colorScheme}`, async t => {
      const { page, problems } = await open(t, browser, { width, colorScheme })
      await fits(t, page, 'signed out')
      await signIn(page, 'bob')
      for (const path of ['me', 'admin']) await ask(page, path)
      await page.getByTestId('exchange').click()
      await page.getByText('AWS knows you as').waitFor()
      await fits(t, page, 'signed in')
      t.same(problems, [])
    })

  t.test('the page shows the request, the token, the code and the answer', async t => {
    const { page, world, problems } = await open(t, browser)
    const text = async (id: string) => (await page.getByTestId(id).textContent()) ?? ''
    t.match(await text('token'), 'Sign in')
    t.match(await text('curl'), `curl -i ${world.api.url}/me`)
    await signIn(page, 'bob')
    t.match(await text('validity'), /^valid for (60|59) min$/)
    for (const [kind, path] of cases) {
      await page.getByTestId(`send-${kind}`).check()
      await ask(page, path)
      t.equal(await page.locator('[data-route].on').textContent(), routes.get(`/${path}`)?.code)
      const answer = await text('answer')
      const [, status] = /^HTTP\/1\.1 (\d{3}) \w+/.exec(answer) ?? []
      const token = /Bearer (\S+)"$/.exec(await text('curl'))?.[1]
      const response = await fetch(`${world.api.url}/${path}`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      })
      t.equal(Number(status), response.status, `${kind} ${path}`)
      const challenge = response.headers.get('www-authenticate')
      if (challenge !== null) t.ok(answer.includes(`WWW-Authenticate: ${challenge}\n`), challenge)
      t.same(JSON.parse(answer.slice(answer.indexOf('\n{'))), await response.json())
      if (token === undefined) t.equal(await text('token'), 'No token is sent.')
      else {
        const [header, claims] = (await text('token')).replace('header ', '').split('\nclaims ')
        const parts = token.split('.').map(part => Buffer.from(part, 'base64url').toString())
        t.same(
          [JSON.parse(header ?? ''), JSON.parse(claims ?? '')],
          parts.slice(0, 2).map(part => JSON.parse(part)),
        )
      }
    }
    t.same(problems, [], 'neither an error nor a missing file')
  })

  t.test('the line for a shell gets the same answer', async t => {
    const { page } = await open(t, browser)
    if (await isMissing('curl')) {
      t.pass('skipped', { skip: 'curl is not installed' })
      return
    }
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await signIn(page, 'bob')
    for (const [kind, path] of cases.filter((_case, index) => index % 2 === 0)) {
      await page.getByTestId(`send-${kind}`).check()
      await ask(page, path)
      await page.getByTestId('copy').click()
      await page.getByText('Copied').waitFor()
      const line = String(await page.evaluate('navigator.clipboard.readText()'))
      t.equal(line, await page.getByTestId('curl').textContent())
      const { stdout } = await run('sh', ['-c', line])
      const answer = (await page.getByTestId('answer').textContent()) ?? ''
      const first = /^HTTP\/1\.1 (\d{3})/
      t.equal(first.exec(stdout)?.[1], first.exec(answer)?.[1], `${kind} ${path}`)
    }
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined })`)
    await page.getByTestId('copy').click()
    await page.getByText('Selected').waitFor()
    t.equal(await page.evaluate('String(getSelection())'), await page.getByTestId('curl').textContent())
  })

  t.test('by keyboard only; time goes on with each press', async t => {
    const { page } = await open(t, browser)
    const says = (id: string, hasText: string | RegExp) => page.getByTestId(id).filter({ hasText }).waitFor()
    const tabTo = async (id: string) => {
      for (let presses = 0; presses < 40; presses++) {
        if ((await page.evaluate('document.activeElement.dataset.testid')) === id) return
        await page.keyboard.press('Tab')
      }
      t.fail(`${id} is not reached by Tab`)
    }
    await tabTo('sign-in')
    await page.keyboard.press('Enter')
    await page.getByTestId('sign-in-as-alice').waitFor()
    await tabTo('sign-in-as-alice')
    await page.keyboard.press('Enter')
    await says('who', 'Signed in as alice')
    await tabTo('send-access')
    await page.keyboard.press('ArrowDown')
    await tabTo('get-admin')
    await page.keyboard.press('Enter')
    await says('status', '401 ERR_TOKEN_USE')
    await says('fix', /^How to fix it: .+/)
    await page.getByTestId('send-id').focus()
    await page.keyboard.press('ArrowUp')
    await says('answer', 'Press a route')
    await tabTo('get-admin')
    await page.keyboard.press('Space')
    await says('status', '200 authorized')
    await tabTo('clock-forward')
    await page.keyboard.press('Enter')
    await says('world', 'The clock is 2 h ahead')
    await says('validity', 'expired')
    await page.keyboard.press('Enter')
    await says('world', 'The clock is 4 h ahead')
    await page.reload()
    await says('world', 'The clock is 4 h ahead')
    await page.getByTestId('clock-forward').dblclick()
    await says('world', 'The clock is 8 h ahead')
    await ask(page, 'me')
    await says('status', '401 ERR_TOKEN_EXPIRED')
    await signIn(page, 'alice')
    await ask(page, 'me')
    await says('status', '200 authorized')
    await page.getByTestId('clock-now').click()
    await says('world', 'The clock is 0 h ahead')
  })
}

const wide = { width: 1280, colorScheme: 'light' } as const

const run = promisify(execFile)

const isMissing = (program: string) =>
  run(program, ['--version']).then(
    () => false,
    () => true,
  )

const cases = ['access', 'id', 'none'].flatMap(kind =>
  ['me', 'orders', 'admin'].map(path => [kind, path] as const),
)

async function open(
  t: Test,
  browser: Browser,
  { width, colorScheme }: { readonly width: number; readonly colorScheme: 'light' | 'dark' } = wide,
) {
  const world = await createWorld()
  t.teardown(world.close)
  const context = await browser.newContext({
    viewport: { width, height: 740 },
    colorScheme,
    reducedMotion: 'reduce',
  })
  t.teardown(() => context.close())
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', error => problems.push(String(error)))
  page.on('response', response => response.status() === 404 && problems.push(response.url()))
  page.on(
    'console',
    message => message.text().includes('Content Security Policy') && problems.push(message.text()),
  )
  await page.goto(`${world.url}/demo`)
  await page.getByTestId('world').filter({ hasText: 'keys are published' }).waitFor()
  return { page, world, problems }
}

async function signIn(page: Page, username: string): Promise<void> {
  await page.getByTestId('sign-in').click()
  await page.getByTestId(`sign-in-as-${username}`).click()
  await page.getByTestId('who').filter({ hasText: username }).filter({ hasText: 'Signed in' }).waitFor()
  await page.getByTestId('world').filter({ hasText: 'keys are published' }).waitFor()
}

async function ask(page: Page, path: string): Promise<void> {
  const rows = page.getByTestId('answers').locator('tr')
  const before = await rows.count()
  await page.getByTestId(`get-${path}`).click()
  await rows.nth(before).waitFor()
  await page.getByTestId('answer').filter({ hasText: 'HTTP/1.1' }).waitFor()
}

/** Nothing is cut off, too small or too faint, and axe finds nothing. */
async function fits(t: Test, page: Page, when: string): Promise<void> {
  const { scrollWidth, small, low, faint } = (await page.evaluate(measure)) as Measured
  t.equal(scrollWidth, page.viewportSize()?.width, `${when}: no horizontal scroll`)
  t.same(small, [], `${when}: text of at least 12 px`)
  t.same(low, [], `${when}: controls of at least 44 px`)
  t.same(faint, [], `${when}: borders of at least 3:1`)
  await page.evaluate(axe.source)
  const found = (await page.evaluate('axe.run()')) as axe.AxeResults
  t.same(
    found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
    `${when}: axe`,
  )
}

interface Measured {
  readonly scrollWidth: number
  readonly small: readonly string[]
  readonly low: readonly string[]
  readonly faint: readonly string[]
}

/** Runs in the page. Colours are read from a canvas, which knows every way to write one. */
const measure = `(() => {
  const all = selector => [...document.querySelectorAll(selector)]
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const luminance = color => {
    context.fillStyle = color
    context.fillRect(0, 0, 1, 1)
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
  const ground = luminance(getComputedStyle(document.body).backgroundColor === 'rgba(0, 0, 0, 0)' ? matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#fff' : getComputedStyle(document.body).backgroundColor)
  const bordered = all('.step, .stack button, .row button:enabled')
  return {
    scrollWidth: document.documentElement.scrollWidth,
    small: all('main *').filter(element => element.textContent && parseFloat(getComputedStyle(element).fontSize) < 12).map(element => element.outerHTML),
    low: all('button, .choice, nav a').filter(element => element.getBoundingClientRect().height < 44).map(element => element.outerHTML),
    faint: bordered.filter(element => contrast(luminance(getComputedStyle(element).borderTopColor), ground) < 3).map(element => element.outerHTML),
  }
})()`
