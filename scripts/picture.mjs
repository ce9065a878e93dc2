// Renews the README's picture of the demo: docs/demo.png. Needs Debian's chromium.
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build } from './build.mjs'

build()
const { createWorld } = await import('../dist/src/devtools/demo/world.js')
const world = await createWorld()
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const page = await browser.newPage({
  viewport: { width: 1180, height: 800 },
  colorScheme: 'light',
  reducedMotion: 'reduce',
})
await page.goto(`${world.url}/demo`)
await page.getByTestId('sign-in').click()
await page.getByTestId('sign-in-as-bob').click()
await page.getByText('Signed in as bob').waitFor()
await page.getByTestId('exchange').click()
await page.getByText('AWS knows you as').waitFor()
const asked = [
  ['send-none', 'get-orders'],
  ['send-access', 'get-orders'],
  ['send-access', 'get-admin'],
]
for (const [index, [kind, button]] of asked.entries()) {
  await page.getByTestId(kind).check()
  await page.getByTestId(button).click()
  await page.getByTestId('answers').locator('tr').nth(index).waitFor()
}
await page.evaluate('scrollTo(0, 0)')
await page.mouse.move(0, 0)
await page.screenshot({ path: fileURLToPath(new URL('../docs/demo.png', import.meta.url)), fullPage: true })
await browser.close()
await world.close()
