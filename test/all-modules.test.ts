import { readdirSync } from 'node:fs'
import t from 'tap'

// Loads every module, so that the coverage counts those that no test imports.
t.test('every module loads, and does nothing when it does', async t => {
  const dist = new URL('../', import.meta.url)
  const modules = ['src', 'adapters'].flatMap(folder =>
    readdirSync(new URL(folder, dist), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.js'))
      .map(name => new URL(`${folder}/${name}`, dist).href),
  )
  t.ok(modules.length > 10, 'the modules are found')
  for (const url of modules) t.type(await import(url), 'object', url.slice(dist.href.length))
})
