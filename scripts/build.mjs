// Checks the types of everything and writes dist/, unless it has been written from these very sources; run by itself, as what is published.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { alone } from './alone.mjs'
import { ensureInstalled, root, run } from './ensure-installed.mjs'

const dist = resolve(root, 'dist')
const stamp = resolve(dist, 'built-from')

export function build() {
  ensureInstalled()
  if (isBuilt()) return
  alone(() => {
    if (isBuilt()) return
    console.log('Checking the types and building ...')
    rmSync(stamp, { force: true })
    // in place: a process that runs from dist/ finds every file at any time
    run(process.execPath, ['node_modules/typescript7/bin/tsc', '-p', 'tsconfig.json'])
    removeLeftovers()
    writeFileSync(stamp, fingerprint())
  })
}

function isBuilt() {
  try {
    return readFileSync(stamp, 'utf8') === fingerprint()
  } catch {
    return false
  }
}

/** What dist/ is made from: every source, and the compiler with its options. */
function fingerprint() {
  const { include, exclude } = JSON.parse(readFileSync(resolve(root, 'tsconfig.json'), 'utf8'))
  const sources = include.flatMap(folder => filesIn(folder, exclude).filter(file => file.endsWith('.ts')))
  const hash = createHash('sha256')
  for (const file of ['tsconfig.json', 'package.json', 'package-lock.json', ...sources.toSorted()])
    hash.update(`${file}\n`).update(readFileSync(resolve(root, file)))
  return hash.digest('hex')
}

/** What was compiled from a source that is gone would still be run as a test. */
function removeLeftovers() {
  for (const file of filesIn('dist')) {
    const source = file.replace(/^dist\//, '').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')
    if (!existsSync(resolve(root, source))) rmSync(resolve(root, file))
  }
}

function filesIn(folder, excluded = []) {
  return readdirSync(resolve(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return excluded.includes(path) ? [] : filesIn(path, excluded)
    return entry.isFile() ? [path] : []
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build()
  const { bundle } = await import('./bundle.mjs')
  await alone(() => {
    rmSync(stamp, { force: true })
    return bundle()
  })
}
