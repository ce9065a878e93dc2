import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'

/** The folder of packages that hold runtimes. */
export const tools = fileURLToPath(new URL('../../../tools/runtimes/', import.meta.url))

/** A folder with a program and the library as it is published, installed. */
export interface Workspace {
  readonly folder: string
  /** The program and all that it imports in one file, as an ES module. */
  readonly bundle: string
  write(file: string, text: string): string
  remove(): void
}

/**
 * Makes a workspace of a module that exports `run`. It is below the runtimes, where Next.js finds itself.
 *
 * @param program path of a module in dist/, without imports of the runtime
 */
export function workspace(program: string): Workspace {
  const folder = mkdtempSync(join(tools, '.work-'))
  const write = (file: string, text: string) => {
    const path = join(folder, file)
    mkdirSync(resolve(path, '..'), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  publish(join(folder, 'node_modules/cognito-guard'))
  for (const name of ['jose', 'lru-cache'])
    cpSync(`node_modules/${name}`, join(folder, 'node_modules', name), { recursive: true, dereference: true })
  write(
    'package.json',
    JSON.stringify({ private: true, type: 'module', dependencies: { 'cognito-guard': '*' } }),
  )
  const options = { bundle: true, format: 'esm', platform: 'neutral', logLevel: 'error' } as const
  const outfile = join(folder, 'program.mjs')
  buildSync({ ...options, entryPoints: [resolve(program)], outfile, packages: 'external' })
  const bundle = join(folder, 'bundle.mjs')
  buildSync({ ...options, entryPoints: [outfile], outfile: bundle, absWorkingDir: folder })
  return { folder, bundle, write, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Builds the package in a copy: dist/ stays in modules. */
function publish(copy: string): void {
  for (const part of ['package.json', 'scripts', 'dist/src', 'dist/adapters'])
    cpSync(part, join(copy, part), { recursive: true })
  const script = pathToFileURL(join(copy, 'scripts/bundle.mjs')).href
  execFileSync(process.execPath, ['--input-type=module', '-e', `await (await import('${script}')).bundle()`])
  rmSync(join(copy, 'scripts'), { recursive: true })
}
