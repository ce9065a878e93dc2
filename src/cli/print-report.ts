import type { Cause, Network, Report } from '../devtools/inspect/inspect.js'
import { printable } from '../devtools/inspect/show.js'
import type { KeySetEvent } from '../jwks/jwks.js'

/** Returns a report as text in the order of reading: the verdict, what it is about, how to fix it, then all the rest. */
export function printReport(report: Report): string {
  const {
    message,
    code,
    verdict,
    mended,
    cause,
    input,
    kind,
    description,
    facts,
    findings,
    checks,
    network,
    token,
  } = report
  const width = Math.max(...checks.map(({ name }) => name.length))
  const lines = [
    `${verdict.toUpperCase()}${code ? ` ${code}` : ''}: ${message}.`,
    ...(mended ? [`Mended, it would be ${mended.verdict}${mended.code ? ` (${mended.code})` : ''}.`] : []),
    ...(cause ? ['', ...causeLines(cause)] : []),
    '',
    `Input   ${input}`,
    `Token   ${kind}: ${description}`,
    ...facts.map(({ name, value }) => `        ${name} ${value}`),
    ...section(
      'To know',
      findings.filter(({ what }) => !isSaid(what, cause)),
      ({ what, fix }) => [what, `  ${fix}`],
    ),
    ...section('Checks', checks, ({ name, result, expected, actual }) => [
      `${marks[result]} ${name.padEnd(width)}  ${actual}`,
      ...(result === 'passed' ? [] : [`  ${''.padEnd(width)}  expected: ${expected}`]),
    ]),
    ...section('Network', network ? [network] : [], networkLines),
    ...section('Header', [token?.header], jsonLines),
    ...section('Claims', [token?.claims], jsonLines),
  ]
  return `${lines.join('\n')}\n`
}

/** Whether what damaged the token is the cause already. */
const isSaid = (what: string, cause: Cause | undefined) =>
  cause?.fix.startsWith(what.replace(/\.$/, ':')) ?? false

/** The cause first; what follows from it has no fix of its own. */
const causeLines = ({ fix, page, alsoFailed }: Cause) => [
  `To fix  ${fix}`,
  `        See ${page}`,
  ...(alsoFailed.length > 0
    ? [`        Also failed, to look at when that is fixed: ${alsoFailed.join(', ')}`]
    : []),
]

const section = <T>(title: string, items: readonly T[], linesOf: (item: T) => readonly string[]) => {
  const lines = items.flatMap(linesOf).map(line => `  ${line}`)
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function networkLines({ milliseconds, events }: Network): string[] {
  if (events.length === 0)
    return ['no key was asked for: the token is refused before that, or the key set is at hand']
  return [...events.map(eventLine), `${milliseconds} ms in all`]
}

/** The details are numbers and words of a closed set, so they are safe to print. There is one issuer, and one time of all. */
const eventLine = ({ type, ...details }: KeySetEvent) =>
  [
    type,
    ...Object.entries(details)
      .filter(([name]) => name !== 'issuer' && name !== 'duration')
      .map(([name, value]) => `${name} ${value}`),
  ].join(', ')

const jsonLines = (value: unknown) =>
  value === undefined ? [] : JSON.stringify(value, null, 2).split('\n').map(printable)

const marks = { passed: '+', failed: 'x', open: '?' }
