import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { bundlingOf, path } from './guarded-function.ts'

/** Bundles a handler that `NodejsFunction` has no place for, and returns its folder. `define` replaces expressions in it. */
export function bundled(handlerFile: string, define: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'bundled-'))
  buildSync({
    entryPoints: [path(`../handlers/${handlerFile}.ts`)],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    platform: 'node',
    ...bundlingOf,
    define,
    logLevel: 'error',
  })
  return folder
}

/** The same, with the Dockerfile of `handlers/`: what an image is built of when it is deployed. */
export function bundledImage(handlerFile: string): string {
  const folder = bundled(handlerFile)
  cpSync(path('../handlers/Dockerfile'), join(folder, 'Dockerfile'))
  return folder
}
