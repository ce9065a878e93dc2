/** Writes benchmarks/results.json as tables, benchmarks/results.md: the figures of each Node.js, side by side. */
import { writeFileSync } from 'node:fs'
import type { Result } from './measure.js'
import { results, type Section } from './report.js'

type Row = Readonly<Record<string, unknown>> & { readonly name: string }
/** Refusals: the time of each library, by the kind of token. */
type Kinds = Readonly<Record<string, readonly Result[]>>

const intro = `# Results

Written by \`npm run bench\` from \`results.json\`: the figures of each Node.js side by side. How it is measured: [README.md](README.md).
The time of a call is a median, in microseconds. In brackets: the speed relative to the first line and, after a plus, the nanoseconds beyond
making the string.`

const all = results()
const nodes = Object.keys(all)
const titles = [...new Set(nodes.flatMap(node => Object.keys(all[node] ?? {})))]
writeFileSync('benchmarks/results.md', `${[intro, ...titles.map(table)].join('\n\n')}\n`)
console.log('\nWritten: benchmarks/results.md')

function table(title: string): string {
  const sections = nodes.flatMap(node => all[node]?.[title] ?? [])
  const machines = new Set(sections.map(({ cpu, peers }) => `${cpu}; ${peers.join(', ')}`))
  const lines = title === 'refusals' ? linesOfKinds(sections) : linesOfRows(sections)
  return [`## ${title}`, '', ...machines, '', ...lines].join('\n')
}

function linesOfRows(sections: readonly Section[]): string[] {
  const columns = sections.map(
    ({ rows }) => new Map((rows as readonly Row[]).map(row => [row.name, cell(row)])),
  )
  const names = [...new Set(columns.flatMap(column => [...column.keys()]))]
  return [
    ...heads(sections.map(({ node }) => `Node.js ${node}`)),
    ...names.map(name => line([name, ...columns.map(column => column.get(name) ?? '')])),
  ]
}

/** A column for each library, with the figures of all Node.js in one cell. */
function linesOfKinds(sections: readonly Section[]): string[] {
  const figures = sections.map(({ rows }) => rows as Kinds)
  const kinds = [...new Set(figures.flatMap(each => Object.keys(each)))]
  const libraries = [
    ...new Set(figures.flatMap(each => Object.values(each).flat()).map(({ name }) => name)),
  ].toSorted((a, b) => Number(a === 'the string') - Number(b === 'the string'))
  const took = (kind: string, library: string) =>
    figures.map(each => {
      const result = each[kind]?.find(({ name }) => name === library)
      return result ? microseconds(result.median) : '-'
    })
  return [
    `In each cell: Node.js ${sections.map(({ node }) => node).join(' / ')}`,
    '',
    ...heads(libraries),
    ...kinds.map(kind => line([kind, ...libraries.map(library => took(kind, library).join(' / '))])),
  ]
}

function heads(names: readonly string[]): string[] {
  return [line(['', ...names]), `|---|${names.map(() => '---:|').join('')}`]
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function cell(row: Row | Result): string {
  if (!isResult(row)) {
    const figures = Object.entries(row).filter(([, value]) => typeof value === 'number')
    return figures.map(([what, value]) => `${what} ${plain(value as number)}`).join(', ')
  }
  const net = row.net === undefined ? '' : `, +${row.net.toFixed(0)}`
  return `${microseconds(row.median)} (${row.ratio.toFixed(2)}${net})`
}

function isResult(row: Row | Result): row is Result {
  return 'median' in row
}

function microseconds(nanoseconds: number): string {
  return (nanoseconds / 1_000).toFixed(nanoseconds < 10_000 ? 2 : 1)
}

function plain(value: number): string {
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 2)
}
