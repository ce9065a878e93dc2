// Packs the library into the `node_modules` of a folder, unless this version of it is there: `node scripts/pack-into.mjs examples/deploy`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureInstalled, root } from './ensure-installed.mjs'
import { fingerprint, pack } from './pack.mjs'

ensureInstalled()
const target = resolve(root, process.argv[2], 'node_modules/cognito-guard')
const stamp = join(target, 'packed-from')
const version = fingerprint(['src', 'adapters', 'scripts', 'package.json', 'package-lock.json'])
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== version) {
  console.log('Packing cognito-guard ...')
  pack(target)
  writeFileSync(stamp, version)
}
