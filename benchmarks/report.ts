import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Result } from './measure.js'
import { versionOf } from './peers.js'

const file = 'benchmarks/results.json'

/** Writes a section of benchmarks/results.json, which keeps the others. */
export function record(section: string, rows: unknown): void {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {}
  writeFileSync(file, `${JSON.stringify({ ...before, [section]: { ...machine(), rows } }, undefined, 2)}\n`)
}

/** Prints results as a table: nanoseconds a call, and the ratio to the first line with its quartiles. */
export function print(title: string, results: readonly Result[]): void {
  console.log(`\n${title.padEnd(52)}${'ns a call'.padStart(11)}${'ratio'.padStart(9)}   quartiles`)
  for (const { name, median, ratio, spread } of results) {
    const quartiles = spread.map(value => value.toFixed(2)).join(' to ')
    console.log(
      `  ${name.padEnd(50)}${median.toFixed(0).padStart(11)}${ratio.toFixed(2).padStart(9)}   ${quartiles}`,
    )
  }
}

/** Shows how far a long run has come, where there is somebody to see it. */
export function progress(title: string, rounds: number): (round: number) => void {
  return round => {
    if (process.stderr.isTTY)
      process.stderr.write(
        `\r\u001b[K${round + 1 < rounds ? `${title}: round ${Math.max(round + 1, 0)} of ${rounds}` : ''}`,
      )
  }
}

/** What ran, and beside what. */
export function machine() {
  const { node, openssl } = process.versions
  const peers = ['aws-jwt-verify', 'jose', 'fast-jwt', 'jsonwebtoken', 'hono'].map(
    name => `${name} ${versionOf(name)}`,
  )
  return { node, openssl, cpu: `${cpus().length} x ${cpus()[0]?.model.trim()}`, peers }
}
