// Makes what is published of the modules in dist/: a file for each entry, with chunks for what entries share, as ES modules and as CommonJS, and
// one set of declarations. Node takes most of a millisecond to find, read and link a module, and there are dozens. What is tested and debugged
// here is not bundled.
// The main entry is one chunk, whatever others share with it: they are used beside it, and cutting it up for them makes every start slower.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { build, transformSync } from 'esbuild'
import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import { root } from './ensure-installed.mjs'

const { exports, bin } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))
const {
  './testing': testing,
  './express/request': express,
  './fastify/request': fastify,
  './reports': reports,
  ...library
} = exports
const main = exports['.'].import.default
const librarySources = Object.values(library).flatMap(entry => entry.import?.default ?? [])
/** Types alone. */
const augmentations = [express.import.default, fastify.import.default]

export async function bundle() {
  const declared = await bundleDeclarations([
    ...librarySources,
    testing.import.default,
    reports.import.default,
  ])
  const modules = [
    // Every entry imports the main one, of which esbuild would leave out again what is marked as free of side effects.
    ...(await bundleOf([...librarySources, testing.import.default, ...Object.values(bin)], {
      inject: [main],
      plugins: [wholeModules],
    })),
    ...(await bundleOf([...augmentations, reports.import.default])),
  ]
  const required = await requireable([
    ...librarySources,
    testing.import.default,
    ...augmentations,
    reports.import.default,
  ])
  const written = new Set([...modules, ...required, ...declared, ...augment()])
  for (const folder of ['src', 'adapters']) removeOthers(`dist/${folder}`, written)
}

async function bundleOf(entryPoints, options = {}) {
  const { metafile } = await build({
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
    metafile: true,
    ...options,
  })
  for (const [file, { inputs }] of Object.entries(metafile.outputs))
    if (Object.keys(inputs).every(input => tools.test(input))) minify(file)
  return Object.keys(metafile.outputs)
}

/** Tools are minified: nobody steps through them. */
const tools = /^dist\/src\/(cli|devtools|testing)\//

function minify(file) {
  const path = resolve(root, file)
  const { code } = transformSync(readFileSync(path, 'utf8'), {
    minify: true,
    format: 'esm',
    target: 'es2022',
  })
  writeFileSync(path, code)
}

/** `sideEffects` of package.json is for those who bundle an application. What is marked as pure in the sources stays so for them. */
const wholeModules = {
  name: 'whole modules',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^\.|^\// }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path),
      sideEffects: true,
    }))
  },
}

/**
 * The same files as CommonJS, one for one: an app that loads several entries gets one copy of what they share. Without white space, since the readable
 * form is beside them; names are kept, for stack traces.
 */
async function requireable(input) {
  const build = await rolldown({ cwd: root, input, external: /^(?![./])/, logLevel: 'warn' })
  const { output } = await build.write({
    dir: resolve(root, 'dist'),
    format: 'cjs',
    preserveModules: true,
    preserveModulesRoot: resolve(root, 'dist'),
    entryFileNames: '[name].cjs',
    exports: 'named',
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  })
  await build.close()
  return output.map(({ fileName }) => `dist/${fileName}`)
}

/**
 * What the entries declare, without what only the inside needs. It is declared once, as CommonJS, which both kinds of module may import: an ES
 * module that is imported from CommonJS is an error for many compilers.
 */
async function bundleDeclarations(sources) {
  const input = Object.fromEntries(
    sources.map(file => [file.replace(/^\.\/dist\/|\.js$/g, ''), declarationOf(file)]),
  )
  // What an entry has from the main one stays there: exported by two, others would import it from either, and types of Node.js with it.
  const external = id => /^(?![./])/.test(id) || id.endsWith('/src/index.js')
  const build = await rollup({ input, plugins: [dts()], external, onwarn: unlessExpected })
  mkdirSync(resolve(root, 'dist/src/chunks'), { recursive: true })
  const { output } = await build.generate({
    format: 'es',
    entryFileNames: '[name].d.cts',
    chunkFileNames: 'src/chunks/[name]-[hash].d.cts',
    // or what several entries export is declared in one of them, with all that this one imports
    manualChunks: id => (core.test(id) ? 'core' : undefined),
  })
  await build.close()
  const declared = output.map(({ fileName, code }) => {
    write(fileName, code.replace(/(from '\.[^']*)\.(?:d\.cts|js)'/g, "$1.cjs'"))
    return `dist/${fileName}`
  })
  return [...declared, ...sources.map(reexported)]
}

/** As ES module, an entry has what it has as CommonJS. */
function reexported(file) {
  const name = file.slice(file.lastIndexOf('/') + 1).replace(/\.js$/, '.cjs')
  const declaration = file.replace(/^\.\/dist\//, '').replace(/\.js$/, '.d.ts')
  write(declaration, `export * from './${name}'\n`)
  return `dist/${declaration}`
}

/** What adds to a framework's types refers to the main entry. */
function augment() {
  return augmentations.flatMap(file => {
    const declaration = file.replace(/^\.\/dist\//, '').replace(/\.js$/, '.d.ts')
    const text = readFileSync(resolve(root, 'dist', declaration), 'utf8').replace(
      /from '[^']*types\.js'/,
      `from '../src/index.cjs'`,
    )
    const copies = [declaration, declaration.replace(/\.ts$/, '.cts')]
    for (const copy of copies) write(copy, text)
    return copies.map(copy => `dist/${copy}`)
  })
}

/** What the main entry declares: it needs the types of no runtime and of no framework. */
const core =
  /\/dist\/src\/(?:(?:token|crypto|jwks|issuers|verifier|guard)\/.*|(?!(?:index|reports)\.)[\w-]+)\.d\.ts$/

const declarationOf = file => resolve(root, file.replace(/\.js$/, '.d.ts'))

const write = (file, text) =>
  writeFileSync(resolve(root, 'dist', file), text.replace(/\n\/\/# sourceMappingURL=.*/, ''))

function unlessExpected({ code, message }) {
  if (code !== 'UNRESOLVED_IMPORT') throw new Error(message)
}

/** What went into the bundles is not needed beside them. */
function removeOthers(folder, written) {
  for (const file of readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' })) {
    const path = `${folder}/${file.replaceAll('\\', '/')}`
    if (/\.(js|cjs|ts|cts)(\.map)?$/.test(path) && !written.has(path)) rmSync(resolve(root, path))
  }
}
