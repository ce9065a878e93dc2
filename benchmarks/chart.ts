/** Draws one Node.js of benchmarks/results.json as docs/benchmark.svg: how many tokens a second each library verifies, new ones and repeated ones. */
import { writeFileSync } from 'node:fs'
import type { Result } from './measure.js'
import { results, type Section } from './report.js'

/** The major version that README.md speaks of. */
const shown = '20'

const cold = section('new tokens (cold)')
const hits = section('tokens seen before (hits)')
const bare = median(cold, 'crypto.verify, bytes and key at hand')

const groups = [
  {
    title: 'New tokens: share of what crypto.verify alone could do (1.00)',
    bars: [
      bar('cognito-guard, sync', bare / median(cold, 'cognito-guard verifySync'), true),
      bar('cognito-guard, async', bare / median(cold, 'cognito-guard verify'), true),
      bar('fast-jwt, sync', bare / median(cold, 'fast-jwt, synchronous, one key')),
      bar('jsonwebtoken, sync', bare / median(cold, 'jsonwebtoken, one KeyObject')),
      bar('aws-jwt-verify, async', bare / median(cold, 'aws-jwt-verify verify')),
      bar('jose, async', bare / median(cold, 'jose jwtVerify')),
      bar('hono/jwt, async', bare / median(cold, 'hono/jwt verify')),
      bar('oauth2-jwt-bearer', bare / median(cold, 'express-oauth2-jwt-bearer, its middleware called')),
    ],
  },
  {
    title: 'Tokens seen before, 1,000 users: microseconds a request (less is better)',
    bars: [
      bar('cognito-guard', median(hits, 'cognito-guard verify, zipf over 1,000') / 1_000, true),
      bar('fast-jwt, cache on', median(hits, 'fast-jwt with its cache, zipf over 1,000') / 1_000),
    ],
  },
]

writeFileSync('docs/benchmark.svg', draw())
console.log('\nDrawn: docs/benchmark.svg')

interface Bar {
  readonly name: string
  readonly value: number
  readonly isOurs: boolean
}

function bar(name: string, value: number, isOurs = false): Bar {
  return { name, value, isOurs }
}

function section(title: string): Section {
  const found = results()[shown]?.[title]
  if (!found) throw new Error(`benchmarks/results.json is not complete: npm run bench, with Node.js ${shown}`)
  return found
}

function median({ rows }: Section, name: string): number {
  const row = (rows as readonly Result[]).find(each => each.name === name)
  if (!row) throw new Error(`benchmarks/results.json has no line "${name}"`)
  return row.median
}

function draw(): string {
  let y = 34
  const parts: string[] = []
  for (const { title, bars } of groups) {
    parts.push(text(16, y, title, 'font-weight="600"'))
    y += 14
    const longest = Math.max(...bars.map(({ value }) => value))
    for (const { name, value, isOurs } of bars) {
      const width = Math.max(2, (value / longest) * 410)
      parts.push(text(156, y + 15, name, 'text-anchor="end"'))
      parts.push(
        `<rect x="164" y="${y + 2}" width="${width.toFixed(1)}" height="18" rx="3" fill="${isOurs ? '#2563eb' : '#94a3b8'}"/>`,
      )
      parts.push(text(172 + width, y + 15, value.toFixed(2)))
      y += 24
    }
    y += 26
  }
  parts.push(
    text(
      16,
      y,
      `Node.js ${cold.node}, ${cold.cpu}. One run, lines in turn, medians: npm run bench`,
      'fill-opacity="0.6" font-size="11"',
    ),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 ${y + 16}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Benchmark of cognito-guard and its peers">
<style>text { fill: #1e293b } @media (prefers-color-scheme: dark) { text { fill: #e2e8f0 } }</style>
${parts.join('\n')}
</svg>
`
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${content}</text>`
}
