import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { peer } from './peers.js'

/**
 * Writes a program with all its imports into one file, minified, as for a Lambda function; returns its size in kB, compressed.
 *
 * @param external packages to leave out, which the program does not load on Node.js
 */
export function bundled(program: string, outfile: string, external: readonly string[] = []): number {
  const { buildSync } = peer<{ buildSync(options: object): unknown }>('esbuild')
  buildSync({
    stdin: { contents: program, resolveDir: resolve('.') },
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    external,
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
  return gzipSync(readFileSync(outfile)).length / 1000
}
