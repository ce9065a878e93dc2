import type { JwsHeader } from '../types.js'

/** Caches the last headers of verified tokens by their text: all tokens that a key signs have the same. Comparing a few is faster than hashing one. */
export function recentHeaders() {
  const recent: { readonly text: string; readonly header: JwsHeader }[] = []
  let next = 0
  return {
    get(text: string): JwsHeader | undefined {
      for (const each of recent) if (each.text === text) return each.header
      return undefined
    },
    add(text: string, header: JwsHeader): void {
      if (recent.some(each => each.header === header)) return
      recent[next] = { text, header }
      next = (next + 1) % 8
    },
  }
}
