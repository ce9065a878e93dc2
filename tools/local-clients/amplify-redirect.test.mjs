// signInWithRedirect of aws-amplify 6, which goes to https: only, in Chromium.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { clientId, password, startDev, userPoolId } from './dev.mjs'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const options = existsSync(executablePath)
  ? { timeout: 60_000 }
  : { skip: `${executablePath} is not there: apt-get install chromium` }
let dev
let app
let origin
let browser

before(async () => {
  if (options.skip) return
  dev = await startDev(undefined, ['--https'])
  app = await serveApp()
  origin = `http://localhost:${app.address().port}`
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})
after(async () => {
  await browser?.close()
  app?.closeAllConnections()
  app?.close()
  await dev?.close()
})

test('with a password, and signed out again', options, async t => {
  const page = await open(t)
  await page.evaluate(() => void globalThis.app.signInWithRedirect())
  await page.getByTestId('username').fill('alice')
  await page.getByTestId('password').fill(password)
  await page.getByTestId('sign-in').click()
  await isSignedIn(page, 'alice')
  const signedOut = page.waitForResponse(response => response.url().includes('/logout?'))
  await page.evaluate(() => void globalThis.app.signOut())
  assert.equal((await signedOut).status(), 302)
  await page.waitForURL(`${origin}/`)
  await page.waitForFunction(() => globalThis.app)
  const problem = await page.evaluate(() => globalThis.app.getCurrentUser().catch(error => error.name))
  assert.equal(problem, 'UserUnAuthenticatedException')
  await page.evaluate(() => void globalThis.app.signInWithRedirect())
  // the session of the browser has ended as well
  await page.getByTestId('password').waitFor()
})
test('with Google', options, async t => {
  const page = await open(t)
  await page.evaluate(() => void globalThis.app.signInWithRedirect({ provider: 'Google' }))
  await page.getByTestId('provider-user-0').click()
  await isSignedIn(page, 'Google_118090000000000000001')
})
test('with a provider of its own', options, async t => {
  const page = await open(t)
  await page.evaluate(() => void globalThis.app.signInWithRedirect({ provider: { custom: 'CorpSaml' } }))
  await page.getByTestId('provider-user-0').click()
  await isSignedIn(page, 'CorpSaml_sam@corp.example')
})

async function open(t) {
  // the certificate is one that nobody knows
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  t.after(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  await page.goto(`${origin}/`)
  return page
}

async function isSignedIn(page, username) {
  await page.waitForURL(`${origin}/**`)
  await page.waitForFunction(() => globalThis.app?.getCurrentUser().then(Boolean, () => false))
  const user = await page.evaluate(() => globalThis.app.getCurrentUser())
  assert.equal(user.username, username)
  const scope = await page.evaluate(async () => {
    const { tokens } = await globalThis.app.fetchAuthSession()
    return tokens.accessToken.payload.scope
  })
  assert.match(scope, /openid/)
}

/** The app: one page, wherever it is entered. */
async function serveApp() {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'amplify-page.mjs')],
    bundle: true,
    write: false,
    logLevel: 'error',
  })
  const server = createServer((request, response) => {
    const isScript = request.url === '/app.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? outputFiles[0].text : page())
  })
  await once(server.listen(0, 'localhost'), 'listening')
  return server
}

function page() {
  const config = {
    Auth: {
      Cognito: {
        userPoolId,
        userPoolClientId: clientId,
        userPoolEndpoint: dev.url,
        loginWith: {
          oauth: {
            domain: new URL(dev.url).host,
            scopes: ['openid', 'email', 'aws.cognito.signin.user.admin'],
            redirectSignIn: [`${origin}/`],
            redirectSignOut: [`${origin}/`],
            responseType: 'code',
          },
        },
      },
    },
  }
  return `<!doctype html><title>app</title><script>amplifyConfig = ${JSON.stringify(config)}</script><script src="/app.js"></script>`
}
