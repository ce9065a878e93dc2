// The pages in a real browser, as people see and use them: Debian's chromium, with playwright-core and axe-core.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startApiGateway } from '../../../src/devtools/local/fronts/api-gateway.js'
import { newLoadBalancerKey, startLoadBalancer } from '../../../src/devtools/local/fronts/load-balancer.js'
import { nativeAuthorizer } from '../../../src/devtools/local/fronts/native-authorizer.js'
import { challengePage, codeField, newPassword } from '../../../src/devtools/local/pages/sign-in-pages.js'
import { launchChromium } from '../../chromium.js'
import { agree } from './web-socket.js'
import { claimsOf, startTestCognito } from './world.js'

const asking = (client_id: string, redirect_uri: string) =>
  new URLSearchParams({ client_id, response_type: 'code', redirect_uri }).toString()

const query = asking('spa', 'http://127.0.0.1:5173/callback')

const config = {
  clients: [
    {
      clientId: 'spa',
      name: 'The shop',
      callbackUrls: [
        'http://127.0.0.1:5173/callback',
        'https://shop.example/a/long/path/for/a/narrow/screen/callback',
      ],
    },
    { clientId: 'batch', secret: 's3cret' },
  ],
  groups: [{ name: 'admin' }],
  users: [
    { username: 'alice', password: 'Wonderland-1', groups: ['admin'] },
    { username: 'bob', password: 'Builder-1' },
    { username: 'new', password: 'Temporary-1', status: 'FORCE_CHANGE_PASSWORD', enabled: false },
    { username: 'off', password: 'Temporary-1', enabled: false },
  ],
}

t.setTimeout(180_000)

t.test('without a browser', async t => {
  t.test('forgot password', async t => {
    const { get, post, local, control } = await startTestCognito(t, config)
    t.match(await (await get(`/forgotPassword?${query}`)).text(), 'data-testid="username"')
    t.match(await (await get(`/confirmForgotPassword?${query}`)).text(), 'data-testid="username"')
    const nobody = await post(`/forgotPassword?${query}`, { username: 'nobody' })
    t.match([nobody.status, await nobody.text()], [400, 'Nobody here has this name and a password'])
    t.equal((await post(`/confirmForgotPassword?${query}`, { username: 'nobody' })).status, 200, 'asks again')

    const bob = local.users.find('bob')
    if (bob) bob.attributes.email_verified = 'false'
    const unverified = await post(`/forgotPassword?${query}`, { username: 'bob' })
    t.match(await unverified.text(), 'there is no registered/verified email or phone_number')
    if (bob) bob.attributes.email_verified = 'true'
    const sent = await (await post(`/forgotPassword?${query}`, { username: 'alice@example.com' })).text()
    const code = /data-testid="mailed-code">(\d{6})</.exec(sent)?.[1] ?? ''
    t.match(await (await get('/')).text(), `For a new password, mailed code: <code>${code}</code>`)
    const set = (given: object) =>
      post(`/confirmForgotPassword?${query}`, {
        username: 'alice',
        code,
        new_password: 'Looking-Glass-1',
        ...given,
      })
    for (const [given, problem] of [
      [{ code: 'x' }, 'Invalid verification code provided'],
      [{ new_password: 'short' }, 'Password not long enough'],
    ] as const) {
      const answer = await set(given)
      t.match([answer.status, await answer.text()], [400, problem])
    }
    await control('clock', { offset: 3601 })
    t.match(await (await set({})).text(), 'Invalid code provided, please request a code again')
    await control('clock', { offset: 0 })
    t.match((await set({})).headers.get('location'), 'http://127.0.0.1:5173/callback?code=')
    t.match(local.users.find('alice'), { password: 'Looking-Glass-1', status: 'CONFIRMED', codes: {} })
    t.equal((await set({})).status, 400, 'a code is for one use')
    t.equal((await post(`/login?${query}`, { username: 'alice', password: 'Wonderland-1' })).status, 400)
    t.equal((await post(`/login?${query}`, { username: 'alice', password: 'Looking-Glass-1' })).status, 302)
    t.equal((await post('/forgotPassword?client_id=nobody', {})).status, 400)
  })

  t.test('names', async t => {
    const { get, post, local } = await startTestCognito(t, {
      usernameAttributes: ['email'],
      attributes: [
        { name: 'given_name', required: true },
        { name: 'phone_number', required: true },
        { name: 'locale', required: true },
      ],
      users: [{ username: 'zoe@example.com', password: 'Password-1' }],
      passwordPolicy: {
        minimumLength: 12,
        requireSymbols: false,
        requireUppercase: false,
        requireNumbers: false,
      },
    })
    const own = query.replace('spa', 'localweb')
    const page = await (await get(`/login?${own}`)).text()
    t.match(page, 'data-testid="sign-in-as-')
    t.match(page, '>zoe@example.com</button>', 'no UUID')
    t.match(page, '<label for="username">Email address</label>')
    t.match(await (await get('/')).text(), '<b>zoe@example.com</b>')
    const signUp = await (await get(`/signup?${own}`)).text()
    t.match(signUp, 'At least 12 characters, with a lowercase letter.')
    t.match(
      [...signUp.matchAll(/<input id="(\w+)"/g)].map(([, name]) => name),
      ['username', 'given_name', 'phone_number', 'locale', 'password'],
    )
    t.match(signUp, 'Given name</label>')
    const fields = {
      username: 'yan@example.com',
      given_name: 'Yan<',
      phone_number: '+1',
      locale: 'fr',
      password: 'p',
    }
    const refused = await (await post(`/signup?${own}`, fields)).text()
    t.match(refused, 'value="Yan&#60;"', 'what was typed stays, and is escaped')
    t.notMatch(refused, 'value="p"', 'but the password')
    await post(`/signup?${own}`, { ...fields, password: 'long enough now' })
    t.match(local.users.find('yan@example.com')?.attributes, { given_name: 'Yan<', phone_number: '+1' })
    const again = await post(`/login?${own}`, { username: 'yan@example.com', password: 'long enough now' })
    t.match(
      await again.text(),
      /Confirm your account.*data-testid="mailed-code">\d{6}</s,
      'who did not confirm can',
    )
  })

  t.test('rules for passwords', async t => {
    const rulesOf = async (policy: object) => {
      const { get } = await startTestCognito(t, { passwordPolicy: policy })
      const page = await (await get(`/signup?${query.replace('spa', 'localweb')}`)).text()
      return /id="password-hint">([^<]*)</.exec(page)?.[1]
    }
    const none = {
      requireLowercase: false,
      requireUppercase: false,
      requireNumbers: false,
      requireSymbols: false,
    }
    t.equal(await rulesOf({ ...none, minimumLength: 6 }), 'At least 6 characters.')
    t.equal(
      await rulesOf({}),
      'At least 8 characters, with a lowercase letter, an uppercase letter, a number and a symbol.',
    )
  })

  t.test('errors say what was sent and what there is', async t => {
    const { get } = await startTestCognito(t, {
      ...config,
      identityProviders: [{ name: 'Corp', type: 'SAML' }],
    })
    for (const [path, sent, known] of [
      ['/login', 'No <code>client_id</code> was sent', '<li><code>spa</code></li><li><code>batch</code>'],
      ['/login?client_id=<b>', 'data-testid="sent">&#60;b&#62;<', '<code>batch</code>'],
      ['/logout?client_id=x', 'data-testid="sent">x<', '<code>spa</code>'],
      [
        '/login?client_id=spa&redirect_uri=https://x',
        'data-testid="sent">https://x<',
        'https://shop.example/a/long',
      ],
      ['/login?client_id=batch', 'No <code>redirect_uri</code> was sent', 'any URL of this machine'],
      [
        '/logout?client_id=spa&logout_uri=https://x',
        'data-testid="sent">https://x<',
        'http://127.0.0.1:5173',
      ],
      [`/provider?${query}&identity_provider=X`, 'data-testid="sent">X<', '<code>Corp</code>'],
    ] as const) {
      const answer = await get(path)
      const page = await answer.text()
      t.equal(answer.status, 400, path)
      t.match(page, sent, path)
      t.match(page.slice(page.indexOf('data-testid="known"')), known, path)
    }
  })

  t.test('the sign-in of this browser', async t => {
    const { get, post, control } = await startTestCognito(t, config)
    const fromPage = { accept: 'text/html' }
    const answer = await post('/_local/sign-in', { username: 'alice' }, fromPage)
    t.equal(answer.status, 303)
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    t.match(
      await (await get('/', { cookie })).text(),
      /alice<\/b> <span class="badge">signed in in this browser</,
    )
    const next = await get(`/oauth2/authorize?${query}`, { cookie })
    t.match(next.headers.get('location'), 'http://127.0.0.1:5173/callback?code=', 'without a page')
    const nobody = await post('/_local/sign-in', { username: 'nobody' }, fromPage)
    t.match(nobody.headers.get('location'), '/?problem=username')
    t.notOk(nobody.headers.has('set-cookie'))
    const disabled = await post('/_local/sign-in', { username: 'new' }, fromPage)
    t.match(disabled.headers.get('location'), '/?problem=User%20is%20disabled.')
    t.notMatch(await (await get(`/login?${query}`)).text(), 'sign-in-as-off', 'no button either')
    t.equal((await post(`/login?${query}`, { as: 'off' })).status, 400)
    await t.rejects(control('sign-in', { username: 'alice' }), /sign-in is no control/)
  })

  t.test('many sessions, and a user whose name is a number', async t => {
    const { get, post, local } = await startTestCognito(t, {
      users: [{ username: '12345', password: 'Password-1' }],
    })
    for (let count = 0; count < 23; count++)
      await post('/_local/tokens', { username: '12345' }, { accept: 'text/html' })
    t.equal(local.sessions.all().length, 23)
    const page = await (await get('/')).text()
    t.equal(page.match(/name="session"/g)?.length, 20)
    t.match(page, 'And 3 older')
    await post('/_local/clock', { offset: '-7200' }, { accept: 'text/html' })
    t.match(await (await get('/')).text(), '<b>2 hours behind</b>')
    await post('/_local/clock', { offset: '7200' }, { accept: 'text/html' })
    t.match(await (await get('/')).text(), '<b>2 hours ahead</b>')
  })

  t.test('a page for any challenge', async t => {
    const { local } = await startTestCognito(t)
    const page = (given: object) =>
      challengePage({
        title: 'New password',
        action: '/newPassword',
        query: 'a=b&c=d',
        hidden: { session: '"' },
        fields: [newPassword(local.config, 'new_password', true)],
        button: 'Go on',
        ...given,
      })
    const text = await page({ intro: 'An administrator made this password.' }).text()
    t.match(text, 'action="/newPassword?a=b&#38;c=d"')
    t.match(text, '<input type="hidden" name="session" value="&#34;">')
    t.match(text, /<input id="new_password"[^>]* autofocus/)
    t.match(text, 'data-testid="continue">Go on<')
    t.notMatch(text, 'mailed-code')
    const failed = page({ error: 'Wrong', fields: [codeField()], sentCode: '123456', formTarget: 'myapp:' })
    t.equal(failed.status, 400)
    t.match(failed.headers.get('content-security-policy'), "form-action 'self' myapp:")
    t.match(await failed.text(), 'value="123456" data-testid="use-code"')
  })
})

const browser = await launchChromium(t)
if (browser) {
  t.test('every page: axe in light and dark, widths, borders, sizes', { timeout: 120_000 }, async t => {
    const { url, post, control } = await startTestCognito(t, config)
    const { accessToken } = (await control('tokens', { username: 'alice' })) as { accessToken: string }
    await post('/_local/decisions', {})
    await fetch(`${url}/_local/decisions`, {
      method: 'POST',
      body: JSON.stringify({
        method: 'GET',
        path: `/${'orders'.repeat(20)}`,
        status: 401,
        reason: 'ERR_TOKEN_EXPIRED',
        hint: 'why',
      }),
    })
    const submit = async (page: Page, path: string, fields: Record<string, string>, button: string) => {
      await page.goto(url + path)
      for (const [name, value] of Object.entries(fields)) await page.getByTestId(name).fill(value)
      await page.getByTestId(button).click()
      await page.waitForLoadState()
    }
    let people = 0
    const views: Record<string, (page: Page) => Promise<unknown>> = {
      'sign-in': page => page.goto(`${url}/login?${query}`),
      'a wrong password': page =>
        submit(page, `/login?${query}`, { username: 'alice', password: 'x' }, 'sign-in'),
      'sign-up': page => page.goto(`${url}/signup?${query}`),
      confirm: page =>
        submit(
          page,
          `/signup?${query}`,
          { username: `zoe${people++}`, email: 'z@example.com', password: 'Password-1' },
          'sign-up',
        ),
      'forgot password': page => page.goto(`${url}/forgotPassword?${query}`),
      'new password': page =>
        submit(page, `/forgotPassword?${query}`, { username: 'bob' }, 'forgot-password'),
      provider: page => page.goto(`${url}/provider?${query}&identity_provider=Google`),
      error: page =>
        page.goto(`${url}/login?client_id=spa&redirect_uri=https://shop.example/${'x'.repeat(90)}`),
      controls: page => page.goto(url),
      'a problem': page => page.goto(`${url}/?problem=${'wrong'.repeat(30)}`),
      inspect: page => page.goto(`${url}/inspect`),
      'inspect, refused': page => submit(page, '/inspect', { 'inspect-text': `${accessToken}x` }, 'inspect'),
      'inspect, damaged': page => submit(page, '/inspect', { 'inspect-text': `"${accessToken}"` }, 'inspect'),
      'inspect, accepted': page => submit(page, '/inspect', { 'inspect-text': accessToken }, 'inspect'),
    }
    const wide = await open(t, browser, { colorScheme: 'light', viewport: { width: 1280, height: 800 } })
    const narrow = await open(t, browser, {
      colorScheme: 'dark',
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    })
    for (const [name, go] of Object.entries(views)) {
      for (const { page, width } of [wide, narrow]) {
        await go(page)
        await page.evaluate('document.querySelectorAll("details").forEach(one => (one.open = true))')
        t.same(await violations(page), [], `${name}, ${width}`)
        t.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${name} fits ${width}`)
        t.same(await page.evaluate(paleBorders), [], `${name}, ${width}: borders`)
      }
      t.same(await narrow.page.evaluate(smallTargets), [], `${name}: large enough for fingers`)
    }
    t.same([...wide.problems, ...narrow.problems], [])
  })

  t.test('the keyboard on the sign-in page', async t => {
    const { url } = await startTestCognito(t, config)
    const { page } = await open(t, browser)
    await page.goto(`${url}/login?${query}`)
    const focused = () => page.evaluate('document.activeElement.dataset.testid')
    t.equal(await focused(), 'username', 'at the start')
    await page.keyboard.type('alice')
    await page.keyboard.press('Tab')
    await page.keyboard.type('wrong')
    await page.keyboard.press('Enter')
    await page.getByTestId('error').waitFor()
    t.equal(await page.getByTestId('username').inputValue(), 'alice', 'stays')
    t.equal(await focused(), 'password')
    await page.goto(`${url}/login?${query}`)
    await page.getByRole('link', { name: 'Controls' }).focus()
    const order: unknown[] = []
    for (let count = 0; count < 9; count++) {
      await page.keyboard.press('Tab')
      order.push(await focused())
    }
    t.same(order, [
      'sign-in-as-alice',
      'sign-in-as-bob',
      'username',
      'password',
      'sign-in',
      'forgot-password-link',
      'sign-up-link',
      'sign-in-with-Google',
      'sign-in-with-CorpSaml',
    ])
  })

  t.test('a new password, without a script', async t => {
    const { url, local } = await startTestCognito(t, { clients: [{ clientId: 'spa' }] })
    const { page } = await open(t, browser, { javaScriptEnabled: false })
    await page.goto(`${url}/login?${asking('spa', `${url}/`)}`)
    await page.getByTestId('forgot-password-link').click()
    await page.getByTestId('username').fill('alice')
    await page.getByTestId('forgot-password').click()
    await page.getByTestId('code').fill((await page.getByTestId('mailed-code').textContent()) ?? '')
    await page.getByTestId('new_password').fill('Looking-Glass-1')
    await page.getByTestId('set-password').click()
    await page.waitForURL(`${url}/?code=*`)
    t.equal(local.users.find('alice')?.password, 'Looking-Glass-1')
    await page.goto(`${url}/signup?${asking('spa', `${url}/`)}`)
    for (const [name, value] of Object.entries({
      username: 'zoe',
      email: 'z@example.com',
      password: 'Password-1',
    }))
      await page.getByTestId(name).fill(value)
    await page.getByTestId('sign-up').click()
    await page.getByTestId('use-code').click()
    await page.waitForURL(`${url}/?code=*`)
    t.equal(local.users.find('zoe')?.status, 'CONFIRMED', 'the code, with one click')
  })

  t.test('the page of controls gives tokens', async t => {
    const { url, local } = await startTestCognito(t, config)
    const { page, context, problems } = await open(t, browser)
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.goto(url)
    const copied = async () => {
      await page.getByTestId('said').filter({ hasText: 'Copied' }).waitFor()
      await page.evaluate('said.textContent = ""')
      return (await page.evaluate('navigator.clipboard.readText()')) as string
    }
    await page.getByTestId('copy-alice').click()
    t.match(claimsOf(await copied()), { username: 'alice', token_use: 'access', client_id: 'spa' })
    await page.getByRole('button', { name: 'Copy curl: alice' }).click()
    t.match(await copied(), /^curl -H "Authorization: Bearer ey[\w.-]+" http:\/\/127\.0\.0\.1:3000\/me$/)
    await page.getByText('More of alice').click()
    await page.getByRole('button', { name: 'Copy ID token: alice' }).click()
    t.match(claimsOf(await copied()), { 'cognito:username': 'alice', token_use: 'id' })
    await page.getByRole('button', { name: 'Copy', exact: true }).first().click()
    t.match(await copied(), /^userPool\(\{\n {2}"userPoolId"/)
    await page.getByLabel('Where your API listens').fill('http://127.0.0.1:8080/orders')
    await page.getByRole('button', { name: 'Copy curl: bob' }).click()
    t.match(await copied(), / http:\/\/127\.0\.0\.1:8080\/orders$/)
    await page.reload()
    t.equal(await page.getByLabel('Where your API listens').inputValue(), 'http://127.0.0.1:8080/orders')

    await page.evaluate('navigator.clipboard.writeText = () => Promise.reject()')
    await page.getByTestId('copy-bob').click()
    const shown = page.getByRole('textbox', { name: 'Copy access token' })
    t.match(claimsOf(await shown.inputValue()), { username: 'bob' }, 'where the browser does not let it copy')
    local.users.remove(local.users.find('bob') as never)
    await page.getByTestId('copy-bob').click()
    await page.getByTestId('said').filter({ hasText: 'username is nobody here' }).waitFor()

    await page.getByRole('button', { name: 'Sign in: alice in this browser' }).click()
    await page.getByText('signed in in this browser').waitFor()
    await page.getByRole('button', { name: 'Sign out: alice everywhere' }).click()
    await page.waitForLoadState()
    t.equal(await page.getByText('signed in in this browser').count(), 0)
    t.same(problems, [])
  })

  t.test('many users are searched', async t => {
    const users = Array.from({ length: 60 }, (_, index) => ({
      username: `user${index}`,
      password: 'Password-1',
    }))
    const { url, local } = await startTestCognito(t, { users })
    const { page } = await open(t, browser)
    await page.goto(url)
    const visible = () => page.getByTestId('users').locator('> li:visible').count()
    t.equal(await visible(), 8)
    await page.getByTestId('search').fill('USER5')
    t.equal(await visible(), 8)
    t.match(await page.locator('#found').textContent(), '3 more')
    await page.getByRole('button', { name: 'show all' }).click()
    t.equal(await visible(), 11)
    await page.getByTestId('search').fill('user42@')
    t.equal(await visible(), 1)
    await page.getByTestId('search').fill('nobody')
    t.equal(await visible(), 0)
    t.equal(await page.locator('#found').textContent(), 'Nobody.')

    const search = asking('localweb', `${url}/`)
    await page.goto(`${url}/login?${search}`)
    t.ok(
      ((await page.evaluate('document.documentElement.scrollHeight')) as number) < 1000,
      'not one button each',
    )
    await page.getByTestId('sign-in-as').fill('user42')
    await page.getByRole('button', { name: 'Sign in with one click' }).click()
    await page.waitForURL(`${url}/?code=*`)
    t.same(await violations(page), [])
    t.equal(local.sessions.all().length, 0)
    await page.goto(`${url}/login?${search}`)
    await page.getByTestId('sign-in-as').fill('nobody')
    await page.getByRole('button', { name: 'Sign in with one click' }).click()
    t.match(await page.getByTestId('error').textContent(), 'Incorrect username or password.')
  })

  t.test(
    "a page calls an API behind the gateway, and an app's WebSocket behind the load balancer",
    async t => {
      const { local, control } = await startTestCognito(t)
      const app = createServer((request, response) => {
        if (request.url === '/page') response.setHeader('content-type', 'text/html').end('<title>app</title>')
        else response.end(request.headers['x-amzn-request-context'])
      })
      app.on('upgrade', ({ headers }, socket) => {
        const frame = Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello')])
        agree(socket.on('end', () => socket.end()).resume(), String(headers['sec-websocket-key']), frame)
      })
      await new Promise<void>(resolve => app.listen(0, '127.0.0.1', resolve))
      t.teardown(() => {
        app.close()
        app.closeAllConnections()
      })
      const { port } = app.address() as AddressInfo
      const balancer = await startLoadBalancer(local, newLoadBalancerKey(), {
        appPort: port,
        port: 0,
        unauthenticated: 'allow',
      })
      const authorizer = nativeAuthorizer(local, { type: 'jwt' })
      const cors = [balancer.url]
      const gateway = await startApiGateway({ authorizer, apiPort: port, port: 0, clock: local.clock, cors })
      t.teardown(() => Promise.all([balancer.close(), gateway.close()]))
      const { page } = await open(t, browser)
      await page.goto(`${balancer.url}/page`)
      const { accessToken } = (await control('tokens', { username: 'alice' })) as { accessToken: string }
      const call = (authorization: string) =>
        page.evaluate(
          ([url, authorization]) =>
            fetch(url as string, { method: 'PUT', headers: { authorization: authorization as string } }).then(
              async response => [response.status, await response.text()],
            ),
          [gateway.url, authorization],
        )
      t.match(await call(`Bearer ${accessToken}`), [200, '"username":"alice"'])
      t.match(await call('x'), [401, 'Unauthorized'], 'it can read why not')
      const heard = await page.evaluate(
        url =>
          new Promise(resolve => {
            const socket = new WebSocket(url.replace('http', 'ws'))
            socket.addEventListener('message', ({ data }) => resolve(data))
            socket.addEventListener('error', () => resolve('failed'))
          }),
        balancer.url,
      )
      t.equal(heard, 'hello')
    },
  )
}

async function open(t: Test, browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options)
  t.teardown(() => context.close())
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', error => problems.push(String(error)))
  page.on('console', message => {
    // a page that shows an error is one
    if (message.type() === 'error' && !message.text().includes('400 (Bad Request)'))
      problems.push(message.text())
  })
  return { page, context, problems, width: options.viewport?.width }
}

/** WCAG 2.2 AA and best practice. The page's policy lets no script in but this way. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate('axe.run()')) as {
    violations: { id: string; nodes: { html: string }[] }[]
  }
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Of what can be used: at least 3:1 to the page (WCAG 2.2, 1.4.11). */
const paleBorders = `(() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const luminance = color => {
    context.clearRect(0, 0, 1, 1)
    context.fillStyle = color
    context.fillRect(0, 0, 1, 1)
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map(value => value / 255).map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const page = luminance(getComputedStyle(document.body).backgroundColor)
  const ratio = one => (Math.max(one, page) + 0.05) / (Math.min(one, page) + 0.05)
  return [...document.querySelectorAll('input:not([type=hidden], [type=checkbox]), select, textarea, button, .button')]
    .filter(element => ratio(luminance(getComputedStyle(element).borderTopColor)) < 3)
    .map(element => element.outerHTML)
})()`

const smallTargets = `[...document.querySelectorAll('input:not([type=hidden], [type=checkbox]), select, textarea, button, .button, summary')]
  .filter(element => element.getClientRects().length > 0 && element.getBoundingClientRect().height < 44)
  .map(element => element.outerHTML)`
