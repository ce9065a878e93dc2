import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

/** The folder of the peers that the project itself has no use for, with a lock file of their own. */
const folder = resolve('benchmarks/peers')
const fromPeers = createRequire(resolve(folder, 'package.json'))

/** Returns a peer's module. The first call installs all peers when they are missing. */
export function peer<T>(name: string): T {
  if (!existsSync(resolve(folder, 'node_modules'))) {
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
  return fromPeers(name) as T
}

/** Returns the installed version of a peer, or of a dependency of the project. */
export function versionOf(name: string): string {
  const file = [
    resolve('node_modules', name, 'package.json'),
    resolve(folder, 'node_modules', name, 'package.json'),
  ].find(existsSync)
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : 'absent'
}
