import { type Call, fault, textOf } from '../aws.js'

/** A page of a list, and the token of the next one under the name that the call has for it. */
export function pageOf<T>(
  all: readonly T[],
  input: Call['input'],
  limit: 'Limit' | 'MaxResults',
  token: 'NextToken' | 'PaginationToken',
): { readonly items: readonly T[]; readonly next: Readonly<Record<string, string>> } {
  const from = startOf(input[token])
  const to = from + (Number(input[limit] ?? 0) || 60)
  return {
    items: all.slice(from, to),
    next: to < all.length ? { [token]: Buffer.from(`from ${to}`).toString('base64url') } : {},
  }
}

function startOf(token: unknown): number {
  if (token === undefined || token === null) return 0
  const start = /^from (\d+)$/.exec(Buffer.from(textOf(token), 'base64url').toString())?.[1]
  if (start === undefined) throw fault('InvalidParameterException', 'Invalid pagination token provided.')
  return Number(start)
}
