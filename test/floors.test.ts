import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../', import.meta.url))

// From the top down, a line a floor. The files of one room may import each other, but not in a circle; so may those of the ground.
const floors = [
  ['src/cli'],
  ['src/devtools/demo'],
  ['src/devtools/local'],
  ['src/devtools/inspect', 'adapters', 'src/testing'],
  ['src/index.ts'],
  ['src/guard'],
  ['src/verifier', 'src/credentials'],
  ['src/issuers', 'src/revocation'],
  ['src/jwks'],
  ['src/crypto'],
  ['src/token'],
  ['src/types.ts', 'src/errors.ts', 'src/options.ts', 'src/maybe-promise.ts', 'src/runtime.ts'],
]

const ground = floors.at(-1) ?? []

// The tools that come with the library. What an app imports never loads them.
const wing = ['src/cli/', 'src/devtools/']

const runtimeDependencies = ['jose', 'lru-cache']

t.test('imports go down only', async t => {
  const files = ['src', 'adapters'].flatMap(sources)
  t.ok(files.length > 10, 'the sources are found')
  for (const file of files) t.same(violations(file, read(file)), [], file)
  const graph = new Map(files.map(file => [file, neighbours(file, read(file))]))
  t.same(circles(graph), [], 'no circle')
})

t.test('every source file is on exactly one floor', async t => {
  const rooms = floors.flat()
  t.same(rooms, [...new Set(rooms)], 'no room twice')
  for (const file of ['src', 'adapters'].flatMap(sources))
    t.equal(rooms.filter(room => isIn(file, room)).length, 1, file)
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
      loaded.filter(file => wing.some(room => file.startsWith(room))),
      [],
      entry,
    )
  }
})

t.test('CONTRIBUTING.md draws the same floors', async t => {
  const drawn = floors.map(rooms => `    ${rooms.map(room => room.replace(/^src\/|\.ts$/g, '')).join(', ')}`)
  t.match(read('CONTRIBUTING.md'), `\n\n${drawn.join('\n')}\n\n`)
})

t.test('what is not allowed is seen', async t => {
  const cases = [
    ['up', 'src/token/jws.ts', "import { createVerifier } from '../verifier/verifier.js'"],
    ['up, by type', 'src/token/jws.ts', "import type { Verifier } from '../verifier/verifier.js'"],
    ['up, re-exported', 'src/token/jws.ts', "export * from '../guard/guard.js'"],
    ['up, dynamic', 'src/token/jws.ts', "await import('../guard/guard.js')"],
    ['up, on several lines', 'src/token/jws.ts', "import {\n  createGuard,\n} from '../guard/guard.js'"],
    ['up, to the entry', 'src/guard/guard.ts', "import { userPool } from '../index.js'"],
    ['up, from the ground', 'src/types.ts', "import { splitJws } from './token/jws.js'"],
    ['up, into the tools', 'adapters/express.ts', "import '../src/devtools/local/server.js'"],
    ['sideways', 'src/verifier/verifier.ts', "import '../credentials/credentials.js'"],
    ['sideways, between entries', 'adapters/express.ts', "import '../src/testing/index.js'"],
    ['sideways, into the tools', 'adapters/express.ts', "import '../src/devtools/inspect/inspect.js'"],
    ['out of the house', 'src/token/jws.ts', "import t from '../../test/fixture.js'"],
    ['a dependency that is none', 'src/token/jws.ts', "import { z } from 'zod'"],
    ['a framework at run time', 'adapters/express.ts', "import express from 'express'"],
    ['a file without a floor', 'src/helpers.ts', ''],
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
  t.same(violations('src/jwks/jwks.ts', "import './options.js'"), [], 'within a room is fine')
  t.same(violations('src/types.ts', "import './errors.js'"), [], 'on the ground is fine')
  t.same(
    circles(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
    ['b > c > b'],
    'a circle',
  )
})

function violations(file: string, source: string): string[] {
  const from = floorOf(file)
  if (from < 0) return [`${file} has no floor: add it to the table`]
  return imports(source).flatMap(({ specifier, isType }) => {
    if (!specifier.startsWith('.')) {
      const isAllowed =
        specifier.startsWith('node:') ||
        runtimeDependencies.includes(specifier.split('/')[0] as string) ||
        (isType && file.startsWith('adapters/'))
      return isAllowed ? [] : [`${file} depends on ${specifier}`]
    }
    const target = resolve(file, specifier)
    const to = floorOf(target)
    const isInRoom = roomOf(file) === roomOf(target) || (ground.includes(file) && ground.includes(target))
    return to > from || (to === from && isInRoom)
      ? []
      : [`${file} (floor ${from}) imports ${target} (floor ${to})`]
  })
}

function imports(source: string) {
  const statements = /^\s*(?:(?:import|export)\b([^'"]*?)\bfrom|import|.*\bimport\()\s*['"]([^'"]+)['"]/gm
  return [...source.matchAll(statements)].map(([, clause = '', specifier = '']) => ({
    specifier,
    isType: /^\s*type\b/.test(clause),
  }))
}

function floorOf(file: string): number {
  return floors.findIndex(rooms => rooms.some(room => isIn(file, room)))
}

function roomOf(file: string): string | undefined {
  return floors.flat().find(room => isIn(file, room))
}

function isIn(file: string, room: string): boolean {
  return file === room || file.startsWith(`${room}/`)
}

/** All that is loaded with a file, itself included. Types are not loaded, but what has them belongs there too. */
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

function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
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
