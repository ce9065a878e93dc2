import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../', import.meta.url))

// From the top down. A name that ends in a slash is a room: its files may import each other, but not in a circle.
const floors = [
  ['src/cli/'],
  ['src/demo/'],
  ['src/local/'],
  ['adapters/', 'src/testing/'],
  ['src/index.ts', 'src/inspect/'],
  ['src/guard.ts', 'src/behind-load-balancer.ts'],
  ['adapters/', 'src/testing/', 'src/cli/'],
  ['src/index.ts'],
  ['src/guard.ts', 'src/behind-load-balancer.ts', 'src/credentials.ts'],
  ['src/verifier.ts', 'src/answer.ts'],
  [
    'src/issuers/',
    'src/revocation/',
    'src/policy.ts',
    'src/token-source.ts',
    'src/verified-tokens.ts',
    'src/candidates.ts',
  ],
  ['src/jwks/index.ts'],
  ['src/jwks/'],
  ['src/test-keys.ts'],
  [
    'src/jws.ts',
    'src/recent-headers.ts',
    'src/crypto.ts',
    'src/principal.ts',
    'src/role.ts',
    'src/credentials-error.ts',
    'src/groups.ts',
    'src/schema.ts',
  ],
  ['src/jws.ts', 'src/crypto.ts', 'src/principal.ts', 'src/groups.ts', 'src/schema.ts'],
  ['src/crypto-node.ts', 'src/crypto-web.ts'],
  ['src/jwk.ts', 'src/claims.ts', 'src/json.ts'],
  ['src/encoding.ts', 'src/maybe-promise.ts', 'src/turn.ts'],
  ['src/options.ts'],
  ['src/types.ts'],
  ['src/errors.ts'],
]

const runtimeDependencies = ['jose', 'lru-cache']

t.test('imports go down only', async t => {
  const files = ['src', 'adapters'].flatMap(sources)
  t.ok(files.length > 10, 'the sources are found')
  for (const file of files) t.same(violations(file, read(file)), [], file)
  const graph = new Map(files.map(file => [file, neighbours(file, read(file))]))
  t.same(circles(graph), [], 'no circle')
})

t.test('what is not allowed is seen', async t => {
  const cases = [
    ['up', 'src/jws.ts', "import { createVerifier } from './verifier.js'"],
    ['up, by type', 'src/jws.ts', "import type { Verifier } from './verifier.js'"],
    ['up, re-exported', 'src/jws.ts', "export * from './guard.js'"],
    ['up, dynamic', 'src/jws.ts', "await import('./guard.js')"],
    ['up, on several lines', 'src/jws.ts', "import {\n  createGuard,\n} from './guard.js'"],
    ['up, to the entry', 'src/guard.ts', "import { userPool } from './index.js'"],
    ['up, within the key sets', 'src/jwks/fetch.ts', "import { keySet } from './index.js'"],
    ['sideways', 'src/policy.ts', "import { bearer } from './token-source.js'"],
    ['sideways, between rooms', 'adapters/express.ts', "import '../src/testing/index.js'"],
    ['out of the house', 'src/jws.ts', "import t from '../test/fixture.js'"],
    ['a dependency that is none', 'src/jws.ts', "import { z } from 'zod'"],
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
    violations('src/verifier.ts', "import { LRUCache } from 'lru-cache'\nimport './jws.js'"),
    [],
    'down is fine',
  )
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
        runtimeDependencies.includes(specifier) ||
        (isType && file.startsWith('adapters/'))
      return isAllowed ? [] : [`${file} depends on ${specifier}`]
    }
    const target = resolve(file, specifier)
    const to = floorOf(target)
    const isInRoom = from === to && roomOf(file) !== undefined && roomOf(file) === roomOf(target)
    return to > from || isInRoom ? [] : [`${file} (floor ${from}) imports ${target} (floor ${to})`]
  })
}

function imports(source: string) {
  const statements = /^\s*(?:(?:import|export)\b([^'"]*?)\bfrom|import|.*\bimport\()\s*['"]([^'"]+)['"]/gm
  return [...source.matchAll(statements)].map(([, clause = '', specifier = '']) => ({
    specifier,
    isType: /^\s*type\b/.test(clause),
  }))
}

/** A file's own entry wins over that of its room. */
function floorOf(file: string): number {
  const name = floors.flat().includes(file) ? file : roomOf(file)
  return floors.findIndex(names => names.some(other => other === name))
}

function roomOf(file: string): string | undefined {
  if (floors.flat().includes(file)) return undefined
  return floors.flat().find(name => name.endsWith('/') && file.startsWith(name))
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
