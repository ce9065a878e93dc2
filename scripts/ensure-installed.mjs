// Installs the dependencies when they are missing or not those of the lock file; says first when Node.js is too old for them.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { alone } from './alone.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))

export function ensureInstalled() {
  refuseOldNode()
  if (!isInstalled()) alone(install)
}

/** The same for a folder with a lock of its own; `what` says what is installed. */
export function ensureInstalledIn(folder, what) {
  const [lock, installed] = ['package-lock.json', 'node_modules/installed-from'].map(file =>
    join(root, folder, file),
  )
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))) return
  const started = Date.now()
  console.log(`Installing ${what}, once (npm ci) ...`)
  run('npm', [
    'ci',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--loglevel=error',
  ])
  copyFileSync(lock, installed)
  console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`)
}

/** In one sentence, before anything is installed. */
export function refuseOldNode() {
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const [major, minor] = /(\d+)\.(\d+)/.exec(engines.node).slice(1).map(Number)
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number)
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return
  console.error(
    `Install Node.js ${major}.${minor} or later: this is ${process.versions.node}, which is too old for cognito-guard.`,
  )
  process.exit(1)
}

function install() {
  // another command may have done it meanwhile
  if (isInstalled()) return
  const started = Date.now()
  console.log('Installing the dependencies, once (npm ci) ...')
  run('npm', ['ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'])
  console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`)
}

/** Runs a command in the project's folder. When it fails, this process ends as it did. */
export function run(command, args) {
  // on Windows npm is a script, which only a shell can start
  const shell = command === 'npm' && process.platform === 'win32'
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell })
  if (error) console.error(error.message)
  if (status !== 0) process.exit(status ?? 1)
}

function isInstalled() {
  try {
    const wanted = packages('package-lock.json')
    // npm writes this file last, so an install that was cut short has none
    const installed = packages('node_modules/.package-lock.json')
    return Object.entries(wanted).every(
      ([path, { version, optional }]) =>
        path === '' || installed[path]?.version === version || (optional && !installed[path]),
    )
  } catch {
    return false
  }
}

function packages(lockFile) {
  return JSON.parse(readFileSync(new URL(`../${lockFile}`, import.meta.url), 'utf8')).packages
}
