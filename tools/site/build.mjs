// Builds the site into dist/: `node tools/site/build.mjs`. Fails where the reference lacks a text, or a link leads nowhere.
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vitepress'
import { writeLlms, writePages } from './pages.mjs'
import { writeReference } from './reference.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const [site, work] = ['.', '.work'].map(path => fileURLToPath(new URL(path, import.meta.url)))

rmSync(work, { recursive: true, force: true })
console.log('Reading TSDoc ...')
const { entries, problems } = await writeReference(root, `${work}/reference`)
if (problems.length > 0) {
  console.error(`The API reference is not complete:\n${problems.join('\n')}`)
  process.exit(1)
}
writeFileSync(`${work}/reference/entries.json`, JSON.stringify(entries))
writePages(root, work)
cpSync(`${site}/public`, `${work}/public`, { recursive: true })
writeLlms(root, `${work}/public`)
console.log('Building the pages ...')
await build(site)
