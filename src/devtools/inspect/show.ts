/** How values of a token are shown in a report. */
export type Show = (value: unknown) => string

/** Shows values as JSON, in one line of printable characters: a token must not send control sequences to a terminal. */
export const plainly: Show = value => printable(JSON.stringify(value) ?? 'nothing')

/** Shows the type of a value and none of its content, for reports that are shared. */
export const redacted: Show = value => {
  if (value === undefined) return 'nothing'
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `<list of ${value.length}>`
  return `<${typeof value === 'string' ? 'text' : typeof value}>`
}

/** A document as JSON that may be shown in a terminal, and means the same. */
export const printableJson = (document: unknown): string =>
  JSON.stringify(document, null, 2).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, character =>
    character === '\n'
      ? character
      : Array.from(
          { length: character.length },
          (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
        ).join(''),
  )

/** A text without control characters, and without those that turn the direction of writing or take no room. */
export const printable = (text: string) =>
  text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    character => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  )

/** A time in seconds since the epoch, relative to another: `2026-11-23T16:40:00Z, 12 minutes ago`. A report to share has no date. */
export function moment(at: unknown, now: number, redact: boolean): string {
  if (typeof at !== 'number' || !(Math.abs(at) < 8.64e12)) return redact ? redacted(at) : plainly(at)
  const distance = at - now
  const relative = distance < 0 ? `${duration(-distance)} ago` : `in ${duration(distance)}`
  return redact ? relative : `${new Date(at * 1_000).toISOString().replace(/\.\d+/, '')}, ${relative}`
}

/** Seconds in the largest unit of which there are two or more. */
export function duration(seconds: number): string {
  const [size, unit] = units.find(([size]) => seconds >= size * 2) ?? second
  const count = Math.round(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

const second = [1, 'second'] as const

const units = [[86_400, 'day'], [3_600, 'hour'], [60, 'minute'], second] as const
