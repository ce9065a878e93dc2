import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'

// Makes the API reference, as the build of the site does, where `npm run docs` has installed its generator: every exported name has a text.
const root = fileURLToPath(new URL('../..', import.meta.url))
const [lock, installed] = ['package-lock.json', 'node_modules/installed-from'].map(
  file => `${root}/tools/site/${file}`,
) as [string, string]
const isInstalled = existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))

t.setTimeout(300_000)
if (process.env.DOCS_CHECKED) t.pass('reference', { skip: 'npm run check:docs has just passed' })
else if (!isInstalled) t.pass('reference', { skip: 'not installed: npm run docs installs its generator' })
else {
  const { writeReference } = (await import(
    pathToFileURL(`${root}/tools/site/reference.mjs`).href
  )) as Reference
  const { entries, problems } = await writeReference(root, t.testdir())
  t.ok(entries.length > 15, 'the entries are found')
  t.same(problems, [], 'every name has a text, every link leads somewhere')
}

interface Reference {
  writeReference(root: string, folder: string): Promise<{ entries: string[]; problems: string[] }>
}
