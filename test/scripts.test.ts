import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
  readonly files: readonly string[]
}
const { scripts } = manifest
const { published } = (await import(`${root}/scripts/published-docs.mjs`)) as {
  published: (text: string, manifest: object) => string
}
const old = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.20.8"})`

t.test('every script tells an old Node.js so in one sentence, before it does anything', async t => {
  const programs = Object.values(scripts).filter(script => /^node \S+$/.test(script))
  t.ok(programs.length > 5)
  for (const program of programs) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', old, program.slice('node '.length)],
      { cwd: root, encoding: 'utf8', timeout: 20_000 },
    )
    t.same([status, stdout], [1, ''], program)
    t.match(
      stderr,
      /^Install Node\.js 20\.19 or later: this is 18\.20\.8, which is too old for cognito-guard\.\n$/,
    )
  }
})

t.test('in the package, no link of a Markdown file leads to what is not in it', async t => {
  for (const file of ['README.md', 'SECURITY.md', 'CHANGELOG.md']) {
    const text = readFileSync(`${root}/${file}`, 'utf8')
    const links = [...published(text, manifest).matchAll(/\]\(([^)\s]+)\)/g)].map(
      ([, target]) => target ?? '',
    )
    const known = ['README.md', 'LICENSE', ...manifest.files]
    t.same(
      links.filter(target => !/^(#|https:)/.test(target) && !known.includes(target)),
      [],
      file,
    )
  }
  const version = '1.2.3'
  const rows: [string, string, string][] = [
    ['[a](SECURITY.md) [b](#c) [d](https://x.test/y)', '', '[a](SECURITY.md) [b](#c) [d](https://x.test/y)'],
    ['[docs/x.md](docs/x.md)', '', 'docs/x.md'],
    ['[`docs/x.md`](docs/x.md#y)', '', '`docs/x.md`'],
    ['[more](docs/x.md#y)', '', 'more (`docs/x.md`)'],
    ['![what it shows](docs/x.png)', '', '*what it shows: docs/x.png in the repository*'],
    [
      '[more](docs/x.md#y)',
      'git+https://git.test/a/b.git',
      '[more](https://git.test/a/b/blob/v1.2.3/docs/x.md#y)',
    ],
    ['![x](docs/x.png)', 'https://git.test/a/b', '![x](https://git.test/a/b/raw/v1.2.3/docs/x.png)'],
  ]
  for (const [text, url, expected] of rows)
    t.equal(
      published(text, { files: ['SECURITY.md'], version, ...(url && { repository: { url } }) }),
      expected,
    )
})
