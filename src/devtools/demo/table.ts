import { styleText } from 'node:util'
import type { Row } from './scenario.js'

export const isExpected = ({ expected, actual }: Row): boolean =>
  expected.status === actual.status && expected.reason === actual.reason

/** The table's header. */
export const tableHead = (): string => styleText('dim', `    ${line('', 'request', 'status', 'reason')}`)

/** A row; it names the expected answer where another one came. */
export function tableRow(row: Row): string {
  const { what, path, expected, actual } = row
  const text = line(what, `GET ${path}`, String(actual.status), actual.reason)
  if (isExpected(row)) return `  ${styleText('green', '✓')} ${text}`
  return styleText('red', `  ✗ ${text}, expected ${expected.status} ${expected.reason}`)
}

const line = (what: string, request: string, status: string, reason: string) =>
  `${what.padEnd(34)}${request.padEnd(13)}${status.padEnd(8)}${reason}`
