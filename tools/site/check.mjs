// Tests the built site: its links, and in Chromium its search, its widths, its contrast and what it fetches. Ends with `N passed, N failed`.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { checkLinks } from './links.mjs'
import { pages } from './sections.mjs'
import { serveSite } from './server.mjs'

const dist = fileURLToPath(new URL('dist', import.meta.url))
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
/** Pages of the reference, and one with code. */
const samples = [
  'reference/',
  'reference/cognito-guard/',
  'reference/cognito-guard/interfaces/UserPoolOptions',
  'reference/cognito-guard/node/functions/protect',
  'source/examples/express',
]

const missing = '/no-such-page'

const searched = [
  ['ERR_TOKEN_USE', /^\/errors\.html#err_token_use$/],
  [
    'clientId',
    /^\/(options|errors|quick-starts|reference\/cognito-guard\/interfaces\/UserPoolOptions)\.html#/,
  ],
  [
    'JWKS',
    /^\/(reliability|limits|options|issuers|reference\/cognito-guard\/interfaces\/UserPoolOptions)\.html#/,
  ],
]

const counts = { passed: 0, failed: 0 }

const { pages: built, links, problems } = checkLinks(dist)
report(`${built.length} pages, ${links} internal links`, problems)
if (existsSync(executablePath)) await checkInChromium()
else if (process.env.CI) report('Chromium', ['it is not installed'])
else console.log('skipped - Chromium is not installed: apt-get install chromium')
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed > 0 ? 1 : 0

async function checkInChromium() {
  const { origin, close } = await serveSite()
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const open = async options => {
      const context = await browser.newContext(options)
      const seen = []
      await context.route(
        url => url.origin !== origin && url.protocol !== 'data:',
        route => {
          seen.push(`asks ${route.request().url()}`)
          return route.abort()
        },
      )
      const page = await context.newPage()
      page.on('pageerror', error => seen.push(`throws ${error.message}`))
      page.on('response', response => {
        if (!response.ok() && !response.url().endsWith(missing)) seen.push(`did not get ${response.url()}`)
      })
      return { page, seen, close: () => context.close() }
    }
    await checkWidths(open, origin)
    for (const colorScheme of ['light', 'dark']) await checkAxe(open, origin, colorScheme)
    await checkSearch(open, origin)
    await checkMissing(open, origin)
  } finally {
    await browser.close()
    close()
  }
}

async function checkWidths(open, origin) {
  const { page, seen, close } = await open({ viewport: { width: 390, height: 844 } })
  const wide = []
  for (const path of ['', ...pages.map(([, path]) => path), ...samples]) {
    await page.goto(`${origin}/${path}`)
    const width = await page.evaluate('document.documentElement.scrollWidth')
    if (width > 390) wide.push(`/${path} is ${width} px wide`)
  }
  report('no page scrolls sideways at 390 px', wide)
  report('no request to another host, no error in a page', seen)
  await close()
}

async function checkAxe(open, origin, colorScheme) {
  const { page, close } = await open({ colorScheme })
  const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core')), 'utf8')
  const found = []
  for (const path of ['', 'quick-starts', 'adapters', 'errors', ...samples, missing.slice(1)]) {
    await page.goto(`${origin}/${path}`)
    await page.waitForSelector(colorScheme === 'dark' ? 'html.dark' : 'html:not(.dark)', {
      state: 'attached',
    })
    await page.evaluate(axe)
    const { violations } = await page.evaluate('axe.run()')
    for (const { id, nodes } of violations)
      found.push(`/${path}: ${id}, ${nodes.length} times: ${nodes[0].html}`)
  }
  report(`axe finds nothing, ${colorScheme}`, found)
  await close()
}

async function checkSearch(open, origin) {
  const { page, close } = await open({})
  for (const [term, path] of searched) {
    await page.goto(origin)
    const input = page.locator('#localsearch-input')
    await openSearch(page, input)
    await input.fill(term)
    const first = page.locator('#localsearch-list a').first()
    await first.waitFor()
    await first.click()
    await page.waitForURL(url => url.pathname !== '/')
    await page.locator('main', { hasText: term }).waitFor()
    const { pathname, hash } = new URL(page.url())
    const isRight = path.test(pathname + hash)
    report(`the search leads from ${term} to ${pathname}${hash}`, isRight ? [] : [`not to ${path}`])
  }
  await close()
}

/** The page is there before its script listens to keys. */
async function openSearch(page, input) {
  for (let tries = 0; tries < 30 && !(await input.isVisible()); tries++) {
    await page.keyboard.press('Control+k')
    await input.waitFor({ timeout: 1000 }).catch(() => {})
  }
}

async function checkMissing(open, origin) {
  const { page, close } = await open({})
  const response = await page.goto(origin + missing)
  const text = await page.locator('#app').innerText()
  const isRight = response.status() === 404 && text.includes('this page does not exist')
  report('a page that does not exist says so', isRight ? [] : [`${response.status()} ${text}`])
  await close()
}

function report(name, found) {
  counts[found.length > 0 ? 'failed' : 'passed']++
  console.log(`${found.length > 0 ? 'not ok' : 'ok'} - ${name}`)
  for (const problem of [...new Set(found)].slice(0, 20)) console.log(`    ${problem}`)
}
