import type { RequestView, VerifiedToken } from '../types.js'

type Source = (request: RequestView) => string | undefined

/** Says why a policy has refused a token and what to do, in a fixed sentence. Called only after a refusal. */
export type Explanation = (auth: VerifiedToken) => string

/** Returns a policy whose refusals have a hint of their own. */
export const explained = <P extends object>(policy: P, explain: Explanation): P =>
  Object.defineProperty(policy, explanation, { value: explain })

/** Returns the hint for a refusal by a policy; `undefined` for one of the application. */
export const explanationOf = (policy: object, auth: VerifiedToken): string | undefined =>
  (policy as { [explanation]?: Explanation })[explanation]?.(auth)

/** Returns a token source whose place has a name. */
export const namedSource = (where: string, source: Source): Source =>
  Object.defineProperty(source, place, { value: where })

/** Returns the places where sources look, in words. */
export const placesOf = (sources: readonly (Source & { [place]?: string })[]): string =>
  sources.map(source => source[place] ?? 'what the application’s own token source reads').join(' or ')

/** Returns the hint for a request in which a source finds no token: where it is instead, or where to send it. */
export function missingHint(source: Source, request: RequestView): string {
  const where = placesOf([source])
  const found = elsewhere.find(([header, pattern]) => pattern.test(textIn(request, header)))
  if (found)
    return `The token is in ${found[2]}, but the guard expects ${where}: send it there, or set the option token of the guard.`
  return where === authorization && textIn(request, 'sec-websocket-key')
    ? 'A browser cannot send the header Authorization on a WebSocket: read the token with webSocketProtocol() or from a cookie.'
    : `Send ${where}.`
}

const textIn = (request: RequestView, name: string) =>
  String((name === 'url' ? request.url : request.header(name)) ?? '')

export const authorization = 'the header "Authorization: Bearer <access token>"'

/** What begins like a JWT, where a source did not look for it. */
const elsewhere: readonly (readonly [header: string, pattern: RegExp, words: string])[] = [
  ['authorization', /^bearer +eyJ/i, 'the header Authorization'],
  ['authorization', /^(?:[a-z]+ +)?eyJ/i, 'the header Authorization without the word Bearer'],
  ['url', /=eyJ[\w-]+\.eyJ/, 'the URL'],
  ['cookie', /=eyJ[\w-]+\.eyJ/, 'a cookie'],
  ['sec-websocket-protocol', /(?:^|[\s,])eyJ[\w-]+\.eyJ/, 'Sec-WebSocket-Protocol'],
]

/** Of any copy of this package. */
const explanation = Symbol.for('cognito-guard.explanation')
const place = Symbol.for('cognito-guard.place')
