import { splitJws } from '../../token/jws.js'
import { isBase64url } from './decode.js'
import type { Finding } from './types.js'

/**
 * Returns the token that a damaged text was made from, and what was done to it; `undefined` when the text shows none.
 * No API repairs tokens. This is to say what to fix.
 */
export function repair(text: string): { readonly token: string; readonly findings: Finding[] } | undefined {
  const findings: Finding[] = []
  let token = text
  // Damages may be nested: quotes around a URL-encoded text.
  for (let round = 0; round < damages.length && !isJws(token); round++) {
    const damage = damages.find(({ undo }) => undo(token) !== token)
    if (!damage) return undefined
    token = damage.undo(token)
    findings.push({ what: damage.what, fix: damage.fix })
  }
  return isJws(token) ? { token, findings } : undefined
}

const isJws = (text: string) => text.split('.').every(isBase64url) && splitJws(text) !== undefined

interface Damage {
  readonly what: string
  readonly fix: string
  /** The text without the damage; the same text when it has none of this sort. */
  readonly undo: (text: string) => string
}

/** In this order, from the outside in. */
const damages: readonly Damage[] = [
  {
    what: '"Bearer" is left in front of the token.',
    fix: 'Pass on what follows "Bearer ", or use the guard, which reads the Authorization header itself.',
    undo: text => text.replace(/^\s*bearer(?:%20|\+|[:\s])+/i, ''),
  },
  {
    what: 'The token is in quotes.',
    fix: 'It was probably taken from JSON as text: parse the JSON (jq -r), and do not quote the token in a header.',
    undo: text => text.replace(/^\s*(?:\\?["'`])+|(?<!["'`\\])(?:\\?["'`])+[,;]?\s*$/g, ''),
  },
  {
    what: 'There is white space in the token, or a character that takes no room.',
    fix: 'Trim what you read from files, environment variables and terminals; do not wrap lines (base64 -w 0).',
    undo: text => text.replace(/[\s\u200b-\u200d\u2060\ufeff]+/g, ''),
  },
  {
    what: 'The name of a parameter is left in front of the token.',
    fix: 'Parse the query, the fragment or the cookie, and take the value of the parameter.',
    undo: text => (accessParameter.exec(text) ?? anyParameter.exec(text))?.[1] ?? text,
  },
  {
    what: 'The token is URL-encoded.',
    fix: 'Decode it once where you take it from a URL or a cookie; in a header it is sent as it is.',
    undo: text => (/%[0-9a-f]{2}/i.test(text) ? decodeUrl(text) : text),
  },
  {
    what: 'The token is encoded in base64 once more.',
    fix: 'Send the token as it was issued: its parts are base64url already.',
    undo: text => (text.includes('.') ? text : decodeBase64(text)),
  },
  {
    what: 'The parts of the token are in standard base64 ("+", "/", "=").',
    fix: 'Send the token as it was issued; what decodes and encodes it again on the way must go.',
    undo: text => text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
  },
]

const accessParameter = /(?:^|[?#&; ])access_token=([^&; ]+)/
const anyParameter = /(?:^|[?#&; ])(?:id_token|token)=([^&; ]+)/

function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function decodeBase64(text: string): string {
  try {
    const decoded = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return /^(?:bearer )?["']?eyJ/i.test(decoded) ? decoded : text
  } catch {
    return text
  }
}
