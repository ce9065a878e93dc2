import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { peer } from './peers.js'

/** Writes a program with all its imports into one file, minified, as for a Lambda function; returns its size in kB, compressed. */
export function bundled(program: string, outfile: string): number {
  const { buildSync } = peer<{ buildSync(options: object): unknown }>('esbuild')
  buildSync({
    stdin: { contents: program, resolveDir: resolve('.') },
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
  return gzipSync(readFileSync(outfile)).length / 1000
}
