import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

/** The folder of the peers that the project itself has no use for, with a lock file of their own. */
const folder = resolve('benchmarks/peers')
const fromPeers = createRequire(resolve(folder, 'package.json'))

const { dependencies } = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8')) as {
  dependencies: Readonly<Record<string, string>>
}

/** Returns a peer's module. The first call installs all peers when they are missing. */
export function peer<T>(name: string): T {
  ensurePeers()
  return fromPeers(name) as T
}

/** Installs the peers when they are missing. */
export function ensurePeers(): void {
  // npm writes this file last, so an install that was cut short has none
  if (existsSync(resolve(folder, 'node_modules/.package-lock.json'))) return
  console.log('Installing the peers to measure beside, once (npm ci) ...')
  const { status } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: folder,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    },
  )
  if (status !== 0) throw new Error('The peers cannot be installed: benchmarks/peers/package.json')
}

/** Returns the version of a peer that is measured: the one in its own folder, or else the project's dependency. */
export function versionOf(name: string): string {
  const home = name in dependencies ? folder : resolve('.')
  const file = resolve(home, 'node_modules', name, 'package.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : 'absent'
}
