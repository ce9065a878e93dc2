// Documentation that does not rot: every error code has its section, every link between Markdown files leads somewhere.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import { AuthError, type AuthErrorCode, isAuthError } from '../src/errors.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const pages = markdownIn('')

t.test('every error code has a section, with what, why, how to fix and an example', async t => {
  const codes = [...read('src/errors.ts').matchAll(/^ {2}(ERR_\w+): \[/gm)].map(([, code]) => code ?? '')
  t.ok(codes.length > 20, 'the codes are found')
  const [, ...sections] = read('docs/errors.md').split(/^## /m)
  const byCode = new Map(sections.map(text => [text.slice(0, text.indexOf('\n')), text]))
  t.same([...byCode.keys()], codes, 'one section a code, in the order of src/errors.ts')
  for (const code of codes) {
    const error = new AuthError(code as AuthErrorCode)
    t.ok(isAuthError(error))
    const text = byCode.get(code) ?? ''
    t.match(
      text,
      /\*\*What\.\*\*[^]+\*\*Why\.\*\*\n1\. [^]+\*\*How to fix\.\*\*[^]+\n```\w+\n[^]+\n```\n/,
      code,
    )
    t.ok(text.includes(`**What.** ${error.status}`), `${code} is ${error.status}`)
  }
})

t.test('relative links and their anchors resolve', async t => {
  t.ok(pages.includes('README.md') && pages.length > 15, 'the pages are found')
  for (const page of pages) t.same(broken(page, read(page)), [], page)
})

for (const page of ['docs/quick-starts.md', 'docs/migration.md', 'docs/adapters.md', 'docs/emulators.md']) {
  t.test(`the TypeScript of ${page} compiles against the package`, async t => {
    const all = [...read(page).matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code ?? '')
    // elsewhere many blocks are excerpts
    const blocks = page === 'docs/adapters.md' ? all.filter(code => code.startsWith('import ')) : all
    t.ok(blocks.length > (blocks === all ? 4 : 0), 'the blocks are found')
    t.same(compiled(t, blocks), [])
    t.match(
      compiled(t, ["import { noSuchName } from 'cognito-guard'\n"]).join(),
      /noSuchName/,
      'mistakes are found',
    )
  })
}

t.test('what coding agents are told compiles, is short, and names codes that exist', async t => {
  const guide = read('llms.txt')
  t.ok(Buffer.byteLength(guide) <= 4096, 'it is in the package, whose size is bounded')
  const blocks = [...guide.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code ?? '')
  t.equal(blocks.length, 1)
  t.same(compiled(t, blocks), [])
  for (const [code] of guide.matchAll(/ERR_\w+/g)) t.ok(read('src/errors.ts').includes(`${code}:`), code)
})

t.test('every page is in the site', async t => {
  const { pages: listed } = (await import(pathToFileURL(join(root, 'tools/site/sections.mjs')).href)) as {
    pages: readonly (readonly [file: string, path: string, title: string])[]
  }
  t.same(listed.map(([file]) => file).toSorted(), pages.toSorted())
})

t.test('the check finds what is broken', async t => {
  t.same(
    broken(
      'docs/x.md',
      '[a](errors.md#err_token_use) [b](../README.md) ![c](demo.png) [d](https://x.test/y)',
    ),
    [],
  )
  t.same(
    broken(
      'docs/x.md',
      '# One `two`: three\n\n[a](#one-two-three)\n\n```sh\n[b](none.md)\n```\n`[c](none.md)`',
    ),
    [],
  )
  t.same(broken('docs/x.md', '# Same\n# Same\n[a](#same-1)'), [])
  const wrong = ['none.md', 'errors.md#err_none', '#nowhere', '../src/none.ts']
  t.same(broken('docs/x.md', wrong.map(target => `[x](${target})`).join(' ')), wrong)
  t.same(broken('docs/x.md', '[x]: none.md'), ['none.md'])
})

t.test("the chart's alternative text says what it shows", async t => {
  const [, alt = ''] = /!\[([^\]]*)\]\(docs\/benchmark\.svg\)/.exec(read('README.md')) ?? []
  const rows = [...read('docs/benchmark.svg').matchAll(/text-anchor="end">([^<]+)<\/text>[^]+?>([\d.]+)</g)]
  const [shares, times] = [rows.slice(0, -2), rows.slice(-2)].map(part =>
    part.map(([, label = '', value]) => ({ name: label.split(',')[0] ?? '', value: Number(value) })),
  )
  const names = new Set(rows.map(([, label = '']) => label.split(',')[0] ?? ''))
  t.ok(names.delete('cognito-guard') && names.size > 4, 'the bars are found')
  for (const name of names) t.ok(alt.includes(name), name)
  const ours = ({ name }: { name: string }) => name === 'cognito-guard'
  const best = (of: typeof shares = [], own = true) =>
    of.filter(row => ours(row) === own).map(({ value }) => value)
  t.ok(Math.min(...best(shares)) > Math.max(...best(shares, false)), 'more of crypto.verify than the others')
  t.ok(Math.max(...best(times)) < Math.min(...best(times, false)), 'less time than the others')
})

t.test('the README is read in one go', async t => {
  t.ok(read('README.md').split('\n').length <= 200, 'under 200 lines')
})

/** Returns the errors of a compiler. A block that begins with the name of a file is imported by the others under that name. */
function compiled(tap: Pick<typeof t, 'testdir'>, blocks: readonly string[]): string[] {
  const files = blocks.map((code, index) => [
    /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `block-${index}.ts`,
    code,
  ])
  const folder = tap.testdir({
    ...Object.fromEntries(files),
    'tsconfig.json': JSON.stringify({ compilerOptions }),
  })
  const compiler = join(root, 'node_modules/typescript7/bin/tsc')
  // tap's hooks, in which compilers do not start, come back into every environment that is given here
  const { stdout, stderr, status } = spawnSync(
    'env',
    ['-u', 'NODE_OPTIONS', process.execPath, compiler, '-p', folder],
    { cwd: folder, encoding: 'utf8' },
  )
  const lines = `${stdout}${stderr}`.split('\n').filter(line => line !== '')
  return status === 0 || lines.length > 0 ? lines : [`the compiler ended with ${status}`]
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory())
      return /^(node_modules|dist|\..*|.*\.out)$/.test(entry.name) ? [] : markdownIn(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

/** Returns the relative links of a page that lead nowhere. */
function broken(page: string, text: string): string[] {
  return linksIn(text).filter(link => {
    if (/^[a-z][a-z+.-]*:/i.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const file = path === '' ? page : normalize(join(dirname(page), path))
    if (file !== page && !existsSync(join(root, file))) return true
    if (anchor === undefined || !file.endsWith('.md')) return false
    return !anchorsOf(file === page ? text : read(file)).has(anchor)
  })
}

function linksIn(text: string): string[] {
  const inline = [...prose(text).matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g)]
  const references = [...prose(text).matchAll(/^\[[^\]^]+\]:\s*(\S+)/gm)]
  return [...inline, ...references].map(([, target]) => target ?? '')
}

/** Anchors as GitHub and npm make them: lower case, without punctuation, hyphens for spaces, numbered where they repeat. */
function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const anchors = [...withoutBlocks(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading]) => {
    const slug = (heading ?? '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
    const before = seen.get(slug) ?? 0
    seen.set(slug, before + 1)
    return before === 0 ? slug : `${slug}-${before}`
  })
  return new Set(anchors)
}

const compilerOptions = {
  target: 'es2022',
  lib: ['es2023'],
  module: 'nodenext',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
}

const withoutBlocks = (text: string) => text.replace(/^( *)(```+)[^]*?^\1\2 *$/gm, '')
const prose = (text: string) => withoutBlocks(text).replace(/`[^`\n]*`/g, '')
