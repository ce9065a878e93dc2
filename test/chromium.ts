import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import type { Test } from 'tap'

/** Debian's chromium for the tests of a file, until they end; `undefined` where it is not installed, which the file then says. */
export async function launchChromium(
  t: Pick<Test, 'fail' | 'pass' | 'teardown'>,
): Promise<Browser | undefined> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) {
    if (process.env.CI) t.fail('chromium is not installed')
    else t.pass('skipped', { skip: 'chromium is not installed: apt-get install chromium' })
    return undefined
  }
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  t.teardown(() => browser.close())
  return browser
}
