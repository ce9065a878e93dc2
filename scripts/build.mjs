// Checks the types of everything and writes dist/ afresh; run by itself, as what is published.
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ensureInstalled, run } from './ensure-installed.mjs'

export function build() {
  ensureInstalled()
  console.log('Checking the types and building ...')
  rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
  run(process.execPath, ['node_modules/typescript7/bin/tsc', '-p', 'tsconfig.json'])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build()
  const { bundle } = await import('./bundle.mjs')
  bundle()
}
