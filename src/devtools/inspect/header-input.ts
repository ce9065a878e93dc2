import { bearer, headerToken, type TokenSource } from '../../guard/token-source.js'
import type { RequestView } from '../../types.js'
import { decode } from './decode.js'
import type { Finding } from './types.js'

/** A text as an adapter of an API would read it. */
export interface Input {
  /** What the text is. */
  readonly name: string
  readonly request: RequestView
  /** Where an API looks for the token in such a request. */
  readonly source: TokenSource
  /** Remarks on it. */
  readonly findings: readonly Finding[]
  /** How to fix that there is no token in it. Default: the library's hint. */
  readonly missing?: string
}

/** A header, its name in lower case. */
export type Header = readonly [name: string, value: string]

/** Returns how to read headers, and where the token is in them. */
export function headerInput(name: string, headers: readonly Header[], prefersData: boolean): Input {
  const request = view(headers)
  const order = prefersData ? tokenHeaders.toReversed() : tokenHeaders
  const token = order.find(header => request.header(header) !== undefined)
  if (token === undefined)
    return cookieInput(name, headers) ?? { name, request, source: bearer(), findings: [] }
  return { name: `${name} of a load balancer`, request, source: headerToken(token), findings: [] }
}

/** Returns how to read headers with tokens in cookies only: as an API that reads the cookie of the access token. */
function cookieInput(name: string, headers: readonly Header[]): Input | undefined {
  if (headers.some(([header]) => header === 'authorization')) return undefined
  const tokens = headers
    .filter(([header]) => header === 'cookie' || header === 'set-cookie')
    .flatMap(([, value]) =>
      value.split(/;\s*/).flatMap(pair => /=(eyJ[^.]*\.[^.]+\..+)/.exec(pair)?.[1] ?? []),
    )
  const [token] = ['access', 'id', undefined].flatMap(use =>
    tokens.filter(each => use === undefined || decode(each).claims?.token_use === use),
  )
  if (token === undefined) return undefined
  const isOne = new Set(tokens).size === 1
  return {
    name: `${name}; the token in a cookie`,
    request: view(headers),
    source: () => token,
    findings: isOne ? [] : [several],
  }
}

const several: Finding = {
  what: 'There are several tokens in the cookies; of these the access token is read, else the ID token.',
  fix: 'Give one of them by itself to look at that one. A guard reads the cookie that it names: cookie(name).',
}

/** Of Verified Access, and of a load balancer. */
const tokenHeaders = ['x-amzn-ava-user-context', 'x-amzn-oidc-accesstoken', 'x-amzn-oidc-data']

/** A request that has only headers. */
export const view = (headers: readonly Header[], url?: string): RequestView => ({
  header(name) {
    const values = headers.filter(([each]) => each === name).map(([, value]) => value)
    return values.length > 1 ? values : values[0]
  },
  ...(url !== undefined && { url }),
})
