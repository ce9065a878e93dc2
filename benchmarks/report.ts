import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Result } from './measure.js'
import { versionOf } from './peers.js'

/** The results: the sections of each Node.js, by its major version. */
export type Results = Readonly<Record<string, Readonly<Record<string, Section>>>>

/** One table, and where it was measured. */
export interface Section {
  readonly node: string
  readonly cpu: string
  readonly peers: readonly string[]
  readonly rows: unknown
}

/** Fewer rounds, and nothing is recorded. */
export const isQuick = process.argv.includes('--quick')

const file = 'benchmarks/results.json'

/** Writes a section of this Node.js into benchmarks/results.json, which keeps the others. */
export function record(section: string, rows: unknown): void {
  if (isQuick) return
  const [major = ''] = process.versions.node.split('.')
  const before = results()
  const after = { ...before, [major]: { ...before[major], [section]: { ...machine(), rows } } }
  writeFileSync(file, `${JSON.stringify(after, undefined, 2)}\n`)
}

/** Reads benchmarks/results.json. */
export function results(): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}
}

/** Prints results as a table: nanoseconds a call, net of the line it is over, and the ratio to the first line with its quartiles. */
export function print(title: string, results: readonly Result[]): void {
  const width = Math.max(50, ...results.map(({ name }) => name.length)) + 2
  const netTitle = results.some(({ net }) => net !== undefined) ? 'net ns' : ''
  console.log(
    `\n${title.padEnd(width)}${'ns a call'.padStart(11)}${netTitle.padStart(9)}${'ratio'.padStart(9)}   quartiles`,
  )
  for (const { name, median, net, ratio, spread } of results) {
    const quartiles = spread.map(value => value.toFixed(2)).join(' to ')
    console.log(
      `  ${name.padEnd(width - 2)}${median.toFixed(0).padStart(11)}${(net?.toFixed(0) ?? '').padStart(9)}${ratio.toFixed(2).padStart(9)}   ${quartiles}`,
    )
  }
}

/** Shows the progress of a long run, on a terminal. */
export function progress(title: string, rounds: number): (round: number) => void {
  return round => {
    if (process.stderr.isTTY)
      process.stderr.write(
        `\r\u001b[K${round + 1 < rounds ? `${title}: round ${Math.max(round + 1, 0)} of ${rounds}` : ''}`,
      )
  }
}

/** The versions of Node.js, the machine and the peers. */
export function machine() {
  const { node, openssl } = process.versions
  const peers = measured.map(name => `${name} ${versionOf(name)}`)
  return { node, openssl, cpu: `${cpus().length} x ${cpus()[0]?.model.trim()}`, peers }
}

const measured = [
  'aws-jwt-verify',
  'jose',
  'fast-jwt',
  'jsonwebtoken',
  'hono',
  'express-oauth2-jwt-bearer',
] as const
