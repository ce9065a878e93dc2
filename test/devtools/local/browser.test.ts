// The demo in a real browser: Debian's chromium, with playwright-core.
import { type Browser, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { createWorld } from '../../../src/devtools/demo/world.js'
import { launchChromium } from '../../chromium.js'

const browser = await launchChromium(t)
if (browser) {
  t.test('a new user signs in and sees which requests are authorized', async t => {
    const { page, world, problems } = await open(t, browser)
    const { get, says, answers } = inDemo(page)
    t.same(await answers('get-orders'), ['GET /orders', '401', 'ERR_TOKEN_MISSING'], 'signed out')

    await signIn(page, 'bob')
    t.match(await get('who').textContent(), 'Signed in as bob, in readers')
    t.equal(await get('step-sign-in').getAttribute('class'), 'step good')
    t.same(await answers('get-orders'), ['GET /orders', '200', 'authorized'])
    t.equal(await get('step-answer').getAttribute('class'), 'step good')
    t.same(await answers('get-admin'), ['GET /admin', '403', 'ERR_PERMISSION_DENIED'])
    t.equal(await get('step-guard').getAttribute('class'), 'step bad')
    await get('send-id').check()
    t.same(await answers('get-orders'), ['GET /orders', '401', 'ERR_TOKEN_USE'])
    await get('send-access').check()

    await get('clock-forward').click()
    await says('world', '2 h ahead')
    t.same(await answers('get-orders'), ['GET /orders', '401', 'ERR_TOKEN_EXPIRED'], 'two hours later')
    await get('clock-now').click()
    await says('world', '0 h ahead')
    await get('rotate-keys').click()
    await says('world', '4 keys')
    t.same(
      await answers('get-orders'),
      ['GET /orders', '200', 'authorized'],
      'the old key is still published',
    )

    await get('exchange').click()
    await says('aws', 'AWS knows you')
    t.equal(
      await get('aws').textContent(),
      'AWS knows you as arn:aws:sts::000000000000:assumed-role/local-reader/CognitoIdentityCredentials',
    )
    t.equal(await get('step-aws-call').getAttribute('class'), 'step good')

    await get('sign-out').click()
    await says('who', 'Nobody')
    await get('exchange').click()
    await says('aws', 'AWS knows you')
    t.match(await get('aws').textContent(), 'local-guest', 'a guest')

    await signIn(page, 'alice')
    t.same(await answers('get-admin'), ['GET /admin', '200', 'authorized'], 'signed with a new key')
    t.equal(world.local.decisions.recent().length, 7)
    t.same(problems, [], 'no error on the page')
  })

  t.test('the page of controls shows decisions as they come, and works without a script', async t => {
    const { page, world, problems } = await open(t, browser)
    const opened = page.waitForResponse(`${world.url}/_local/decisions`)
    await page.goto(world.url)
    await opened
    await world.api.get('/orders')
    await page.getByTestId('decisions').getByText('ERR_TOKEN_MISSING').waitFor()
    await page.getByTestId('clock-offset').fill('7200')
    await page.getByRole('button', { name: 'Set the clock' }).click()
    t.equal(await page.getByTestId('clock-offset').inputValue(), '7200')
    await page.getByTestId('rotate-keys').click()
    t.equal(await page.getByTestId('keys').locator('li').count(), 4)

    const { accessToken } = await world.signIn('bob')
    await page.getByTestId('inspect-text').fill(accessToken.replace(/.$/, ''))
    await page.getByTestId('inspect').click()
    t.match(await page.getByTestId('verdict').textContent(), /^refused ERR_TOKEN_/)
    await page.getByTestId('inspect-text').fill(accessToken)
    await page.getByTestId('inspect').click()
    t.equal(await page.getByTestId('verdict').textContent(), 'accepted')
    t.same(problems, [], 'no error on the page')
  })
}

async function open(t: Test, browser: Browser) {
  const world = await createWorld()
  t.teardown(world.close)
  const context = await browser.newContext()
  t.teardown(() => context.close())
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', error => problems.push(String(error)))
  page.on(
    'console',
    message => message.text().includes('Content Security Policy') && problems.push(message.text()),
  )
  await page.goto(`${world.url}/demo`)
  return { page, world, problems }
}

/** With the keyboard only. */
async function signIn(page: Page, username: string): Promise<void> {
  await page.getByTestId('sign-in').focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Username or email address').fill(username)
  await page.getByLabel('Password').fill('correct horse battery staple')
  await page.keyboard.press('Enter')
  await page.getByTestId('who').filter({ hasText: username }).waitFor()
}

function inDemo(page: Page) {
  const get = (id: string) => page.getByTestId(id)
  return {
    get,
    /** Waits for a text. */
    says: (id: string, hasText: string) => get(id).filter({ hasText }).waitFor(),
    /** Request, status and reason after a button is pressed. */
    async answers(button: string) {
      const rows = get('answers').locator('tr')
      const before = await rows.count()
      await get(button).click()
      await rows.nth(before).waitFor()
      return (await rows.first().locator('td').allTextContents()).slice(0, 3)
    },
  }
}
