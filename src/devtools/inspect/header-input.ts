import { bearer, headerToken, type TokenSource } from '../../guard/token-source.js'
import type { RequestView } from '../../types.js'
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
}

/** A header, its name in lower case. */
export type Header = readonly [name: string, value: string]

/** Returns how to read headers, and where the token is in them. */
export function headerInput(name: string, headers: readonly Header[], prefersData: boolean): Input {
  const request = view(headers)
  const order = prefersData ? tokenHeaders.toReversed() : tokenHeaders
  const token = order.find(header => request.header(header) !== undefined)
  if (token === undefined) return { name, request, source: bearer(), findings: [] }
  return { name: `${name} of a load balancer`, request, source: headerToken(token), findings: [] }
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
