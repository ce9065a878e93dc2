// Builds the site of tools/site and serves it on loopback: `npm run docs [-- --port 4173]`; with --check, tests it. Installs what it needs once,
// into that folder.
import { parseArgs } from 'node:util'
import { ensureInstalled, ensureInstalledIn, run } from './ensure-installed.mjs'

const { values } = parseArgs({
  options: { check: { type: 'boolean' }, port: { type: 'string', default: '4173' } },
})

ensureInstalled()
ensureInstalledIn('tools/site', 'the generators of the site')
run(process.execPath, ['tools/site/build.mjs'])
if (values.check) run(process.execPath, ['tools/site/check.mjs'])
else await serve(Number(values.port))

async function serve(port) {
  const { serveSite } = await import('../tools/site/server.mjs')
  try {
    const { origin } = await serveSite(port)
    console.log(`The site is at ${origin} until Ctrl-C.`)
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error
    console.error(`Port ${port} is in use: npm run docs -- --port 0 takes any that is free.`)
    process.exitCode = 1
  }
}
