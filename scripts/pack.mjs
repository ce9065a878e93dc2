// Packs what is published.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { root } from './ensure-installed.mjs'

/** Packs a copy, so that nothing here is rebuilt, and unpacks it into a folder; returns how many files those are, and their size. */
export function pack(folder) {
  const copy = mkdtempSync(join(tmpdir(), 'cognito-guard-pack-'))
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
  const { stdout } = must(spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }))
  for (const file of stdout.split('\0')) {
    if (!file || !existsSync(join(root, file)) || file.startsWith('benchmarks/results')) continue
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  symlinkSync(resolve(root, 'node_modules'), join(copy, 'node_modules'))
  const packed = must(
    spawnSync('npm', ['pack', '--json', '--loglevel=error'], { cwd: copy, encoding: 'utf8' }),
  )
  const [{ filename, files, unpackedSize }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n')))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  must(spawnSync('tar', ['xzf', join(copy, filename), '-C', folder, '--strip-components=1']))
  return { files: files.length, unpackedSize }
}

/** Returns what the files below some paths are, by name and content; those that Git ignores do not count. */
export function fingerprint(paths, before = '') {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...paths]
  const { stdout } = must(spawnSync('git', args, { cwd: root, encoding: 'utf8' }))
  const hash = createHash('sha256').update(`${before} ${process.version}`)
  for (const file of stdout
    .split('\0')
    .filter(file => file && existsSync(join(root, file)))
    .toSorted())
    hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** Ends this process where a command failed. */
export function must(result) {
  if (result.status === 0) return result
  console.error(result.stdout ?? '', result.stderr ?? '')
  process.exit(1)
}
