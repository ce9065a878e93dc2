import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../', import.meta.url))

// From the top down, one layer a line. Files of one folder may import each other, but not in a cycle; so may those of the base.
const layers = [
  ['src/cli'],
  ['src/devtools/demo'],
  ['src/devtools/local'],
  ['src/devtools/inspect', 'adapters', 'src/testing'],
  ['src/index.ts', 'src/reports.ts'],
  ['src/guard'],
  ['src/verifier', 'src/credentials'],
  ['src/issuers', 'src/revocation'],
  ['src/jwks'],
  ['src/crypto'],
  ['src/token'],
  [
    'src/types.ts',
    'src/errors.ts',
    'src/options.ts',
    'src/maybe-promise.ts',
    'src/runtime.ts',
    'src/diagnostics.ts',
  ],
]

const base = layers.at(-1) ?? []

// Applications never load these.
const tools = ['src/cli/', 'src/devtools/']

const runtimeDependencies = ['jose', 'lru-cache']

// The one adapter that is nothing without its peer, and so loads it.
const loadedPeers: Readonly<Record<string, string>> = { 'adapters/opentelemetry/': '@opentelemetry/api' }

t.test('imports go down only', async t => {
  const files = ['src', 'adapters'].flatMap(sources)
  t.ok(files.length > 10, 'the sources are found')
  for (const file of files) t.same(violations(file, read(file)), [], file)
  const graph = new Map(files.map(file => [file, neighbours(file, read(file))]))
  t.same(cycles(graph), [], 'no cycle')
})

t.test('every source file is in exactly one layer', async t => {
  const folders = layers.flat()
  t.same(folders, [...new Set(folders)], 'no folder twice')
  for (const file of ['src', 'adapters'].flatMap(sources))
    t.equal(folders.filter(folder => isIn(file, folder)).length, 1, file)
})

t.test('what an app imports never loads the tools', async t => {
  const { exports } = JSON.parse(read('package.json')) as {
    exports: Record<string, { import?: { default: string } }>
  }
  const entries = Object.values(exports).flatMap(entry => entry.import?.default ?? [])
  t.ok(entries.length > 10, 'the entries are found')
  for (const entry of entries) {
    const loaded = reachable(entry.replace('./dist/', '').replace(/\.js$/, '.ts'))
    t.same(
      loaded.filter(file => tools.some(folder => file.startsWith(folder))),
      [],
      entry,
    )
  }
})

t.test('CONTRIBUTING.md lists the same layers', async t => {
  const drawn = layers.map(
    folders => `    ${folders.map(folder => folder.replace(/^src\/|\.ts$/g, '')).join(', ')}`,
  )
  t.match(read('CONTRIBUTING.md'), `\n\n${drawn.join('\n')}\n\n`)
})

t.test('a forbidden import is found', async t => {
  const cases = [
    ['up', 'src/token/jws.ts', "import { createVerifier } from '../verifier/verifier.js'"],
    ['up, by type', 'src/token/jws.ts', "import type { Verifier } from '../verifier/verifier.js'"],
    ['up, re-exported', 'src/token/jws.ts', "export * from '../guard/guard.js'"],
    ['up, dynamic', 'src/token/jws.ts', "await import('../guard/guard.js')"],
    ['up, on several lines', 'src/token/jws.ts', "import {\n  createGuard,\n} from '../guard/guard.js'"],
    ['up, to the entry', 'src/guard/guard.ts', "import { userPool } from '../index.js'"],
    ['up, from the base', 'src/types.ts', "import { splitJws } from './token/jws.js'"],
    ['up, into the tools', 'adapters/express.ts', "import '../src/devtools/local/server.js'"],
    ['sideways', 'src/verifier/verifier.ts', "import '../credentials/credentials.js'"],
    ['sideways, between entries', 'adapters/express.ts', "import '../src/testing/index.js'"],
    ['sideways, into the tools', 'adapters/express.ts', "import '../src/devtools/inspect/inspect.js'"],
    ['out of the sources', 'src/token/jws.ts', "import t from '../../test/fixture.js'"],
    ['a dependency that is none', 'src/token/jws.ts', "import { z } from 'zod'"],
    ['a framework at run time', 'adapters/express.ts', "import express from 'express'"],
    ['the peer of another', 'adapters/express.ts', "import { trace } from '@opentelemetry/api'"],
    ['a file without a layer', 'src/helpers.ts', ''],
  ] as const
  for (const [name, file, source] of cases) t.equal(violations(file, source).length, 1, name)
  t.same(
    violations('adapters/express.ts', "import type { Request } from 'express'"),
    [],
    'a type of a framework is fine',
  )
  t.same(
    violations('src/verifier/verifier.ts', "import { LRUCache } from 'lru-cache'\nimport '../token/jws.js'"),
    [],
    'down is fine',
  )
  t.same(violations('src/jwks/jwks.ts', "import './options.js'"), [], 'within a folder is fine')
  t.same(violations('src/types.ts', "import './errors.js'"), [], 'within the base is fine')
  t.same(
    cycles(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
    ['b > c > b'],
    'a cycle',
  )
})

function violations(file: string, source: string): string[] {
  const from = layerOf(file)
  if (from < 0) return [`${file} has no layer: add it to the table`]
  return imports(source).flatMap(({ specifier, isType }) => {
    if (!specifier.startsWith('.')) {
      const isAllowed =
        specifier.startsWith('node:') ||
        runtimeDependencies.includes(specifier.split('/')[0] as string) ||
        (isType && file.startsWith('adapters/')) ||
        Object.entries(loadedPeers).some(([folder, peer]) => file.startsWith(folder) && specifier === peer)
      return isAllowed ? [] : [`${file} depends on ${specifier}`]
    }
    const target = resolve(file, specifier)
    const to = layerOf(target)
    const isInFolder = folderOf(file) === folderOf(target) || (base.includes(file) && base.includes(target))
    return to > from || (to === from && isInFolder)
      ? []
      : [`${file} (layer ${from}) imports ${target} (layer ${to})`]
  })
}

function imports(source: string) {
  const statements = /^\s*(?:(?:import|export)\b([^'"]*?)\bfrom|import|.*\bimport\()\s*['"]([^'"]+)['"]/gm
  return [...source.matchAll(statements)].map(([, clause = '', specifier = '']) => ({
    specifier,
    isType: /^\s*type\b/.test(clause),
  }))
}

function layerOf(file: string): number {
  return layers.findIndex(folders => folders.some(folder => isIn(file, folder)))
}

function folderOf(file: string): string | undefined {
  return layers.flat().find(folder => isIn(file, folder))
}

function isIn(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`)
}

/** A file and all its imports, transitively. Counts modules imported only for types as well. */
function reachable(entry: string): string[] {
  const found = new Set([entry])
  for (const file of found) for (const next of neighbours(file, read(file))) found.add(next)
  return [...found]
}

function neighbours(file: string, source: string): string[] {
  const inside = imports(source).filter(({ specifier }) => specifier.startsWith('.'))
  return inside.map(({ specifier }) => resolve(file, specifier))
}

function resolve(file: string, specifier: string): string {
  return join(dirname(file), specifier).replace(/\.js$/, '.ts')
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name.replaceAll('\\', '/')))
    .filter(name => name.endsWith('.ts'))
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const walk = (node: string, path: readonly string[]) => {
    if (path.includes(node)) found.push([...path.slice(path.indexOf(node)), node].join(' > '))
    if (path.includes(node) || done.has(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  return found
}
