import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
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

t.test('an import of the main entry loads nothing of Node that takes long', async t => {
  const entry = new URL('../src/index.js', import.meta.url).href
  const program = `import('${entry}').then(() =>
    require('node:worker_threads').parentPort.postMessage(process.moduleLoadList))`
  const [loaded] = await once(new Worker(program, { eval: true, execArgv: [], env: {} }), 'message')
  t.ok(loaded.length > 10, 'the loaded modules are listed')
  const slow = ['crypto', 'http', 'https', 'net', 'tls', 'zlib']
  t.same(
    slow.filter(name => loaded.includes(`NativeModule ${name}`)),
    [],
  )
})
