// Puts the modules of each entry of the package into one file, with chunks for what entries share: Node takes most of a millisecond to
// find, read and link a module, and there are dozens. What is published is bundled; what is tested and debugged here is not.
// The main entry is one chunk, whatever others share with it: splitting it for them would slow down every start.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { root } from './ensure-installed.mjs'

export function bundle() {
  const { exports, bin } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))
  const {
    './testing': testing,
    './express/request': express,
    './fastify/request': fastify,
    ...library
  } = exports
  const written = [
    ...bundleOf(
      Object.values(library).flatMap(entry => entry.default ?? []),
      // Every entry imports the main one; without this, esbuild would drop that import as free of side effects.
      { inject: [exports['.'].default], ignoreAnnotations: true },
    ),
    // Tools, bundled separately: they duplicate what they share with the library, so that the library is not split for them.
    ...bundleOf([testing.default, ...Object.values(bin)]),
    // Types alone.
    ...bundleOf([express.default, fastify.default]),
  ]
  for (const folder of ['src', 'adapters']) removeOthers(`dist/${folder}`, new Set(written))
}

function bundleOf(entryPoints, options = {}) {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    outbase: 'dist',
    chunkNames: 'src/chunks/[name]-[hash]',
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'neutral',
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    metafile: true,
    ...options,
  })
  return Object.keys(metafile.outputs)
}

/** Removes the modules that the bundles contain; keeps declarations. */
function removeOthers(folder, written) {
  for (const file of readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' })) {
    const path = `${folder}/${file.replaceAll('\\', '/')}`
    if (/\.js(\.map)?$/.test(path) && !written.has(path)) rmSync(resolve(root, path))
  }
}
