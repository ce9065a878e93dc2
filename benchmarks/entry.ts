/** The cost of the core entry: its import, from modules and as published, and its size in a bundle. */
import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundled } from './bundles.js'
import { goals } from './goals.js'
import { median } from './measure.js'
import { record } from './report.js'

const stopwatch =
  'const start = performance.now(); await import(process.argv[1]); console.log(performance.now() - start)'

/** Prints the time of processes that only import the entry, in turn with its peers. */
export function measureImports(runs: number): void {
  const copy = published()
  const modules = pathToFileURL('dist/src/index.js').href
  const bundle = pathToFileURL(join(copy, 'dist/src/index.js')).href
  const entries = [
    { name: 'cognito-guard, its modules', url: modules, goal: goals.modulesImportMs },
    { name: 'cognito-guard, as published', url: bundle, goal: goals.importMs },
    { name: 'aws-jwt-verify, as published', url: import.meta.resolve('aws-jwt-verify') },
    { name: 'jose, as published', url: import.meta.resolve('jose') },
  ].map(entry => ({ ...entry, times: [] as number[] }))
  for (let run = -1; run < runs; run++) {
    for (const { url, times } of entries) {
      const time = Number(execFileSync(process.execPath, ['--input-type=module', '-e', stopwatch, url]))
      if (run >= 0) times.push(time)
    }
  }
  rmSync(copy, { recursive: true })
  const rows = entries.map(({ name, goal, times }) => ({ name, importMs: median(times), goal }))
  heading('imported', 'ms')
  for (const { name, importMs, goal } of rows) line(name, importMs, goal)
  record('imports', rows)
}

/** Prints the size of bundles of the entry, and of the part of it that most applications need. */
export function measureBundles(folder: string): void {
  const file = join(folder, 'entry.mjs')
  const sizeOf = (program: string) => bundled(program, file)
  const rows = [
    {
      name: 'createVerifier + userPool',
      gzipKb: sizeOf("export { createVerifier, userPool } from 'cognito-guard'"),
      goal: goals.bundleKb,
    },
    {
      name: 'the whole entry',
      gzipKb: sizeOf("export * from 'cognito-guard'"),
      goal: goals.wholeBundleKb,
    },
  ]
  heading('in a bundle', 'gzip kB')
  for (const { name, gzipKb, goal } of rows) line(name, gzipKb, goal)
  record('bundles', rows)
}

function heading(title: string, unit: string): void {
  console.log(`\n${title.padEnd(30)}${unit.padStart(8)}${'goal'.padStart(8)}`)
}

function line(name: string, figure: number, goal: number | undefined): void {
  console.log(`${name.padEnd(30)}${figure.toFixed(1).padStart(8)}${(goal?.toFixed(1) ?? '-').padStart(8)}`)
}

/** Builds the package as published, in a copy: the build here stays in modules. */
function published(): string {
  const copy = resolve('dist/published')
  for (const part of ['package.json', 'scripts', 'dist/src', 'dist/adapters']) {
    cpSync(part, join(copy, part), { recursive: true })
  }
  const script = pathToFileURL(join(copy, 'scripts/bundle.mjs')).href
  execFileSync(process.execPath, ['--input-type=module', '-e', `await (await import('${script}')).bundle()`])
  return copy
}
