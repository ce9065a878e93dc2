import type { Json } from './decode.js'
import { eventInput } from './event-input.js'
import { type Header, headerInput, type Input, view } from './header-input.js'
import type { Finding } from './types.js'

/**
 * Returns how to read a text: as the event of a service, headers, the value of one, or else a token by itself.
 *
 * @param prefersData which of a load balancer's two tokens to read: `true` for the one that it signs itself, `false` for the user pool's
 */
export function readInput(text: string, prefersData: boolean): Input {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) {
    const event = parseObject(trimmed)
    if (event) return eventInput(event, prefersData)
  }
  const headers = headerLines(trimmed)
  if (headers.length > 0) return headerInput('headers', headers, prefersData)
  if (/^bearer\s/i.test(trimmed))
    return {
      ...headerInput('the value of an Authorization header', [['authorization', trimmed]], prefersData),
      findings: [leftIn],
    }
  if (/^[^\s=;]+=/.test(trimmed) && /;\s/.test(trimmed) && trimmed.includes('=eyJ'))
    return headerInput('cookies', [['cookie', trimmed]], prefersData)
  // Shells and editors add a line break.
  const token = text.replace(/\r?\n$/, '')
  return {
    name: 'a token',
    request: view([]),
    source: () => token || undefined,
    findings: [],
    ...(trimmed === '' && { missing: nothing }),
  }
}

/** The headers in a text copied from a client, a log or `curl -v`. */
const headerLines = (text: string): Header[] =>
  text.split('\n').flatMap(line => {
    const [, name, value] = /^(?:[<>] )?([A-Za-z][\w-]*):[ \t]+(\S.*)$/.exec(line.trimEnd()) ?? []
    return name !== undefined && value !== undefined ? [[name.toLowerCase(), value] as const] : []
  })

function parseObject(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

const nothing =
  'Nothing came in: give the token, its header or the event on standard input, as in: pbpaste | cognito-guard inspect.'

const leftIn: Finding = {
  what: '"Bearer" stands in front of the token: the text is taken for the value of an Authorization header.',
  fix: 'Passed to verifier.verify() like this it is refused (ERR_TOKEN_MALFORMED): pass on what follows, or use the guard, which reads the header itself.',
}
