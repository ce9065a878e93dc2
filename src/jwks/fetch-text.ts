import { type KeySetError, keySetError, networkError } from './failure.js'
import { hedge, type Which } from './hedge.js'
import type { Answer, Get } from './request.js'

/** A text from the network, and its `max-age` in milliseconds. */
interface FetchedText {
  readonly text: string
  readonly maxAge: number | undefined
}

/** The limits of one fetch, with all its requests. */
interface FetchLimits {
  /** Resolves when the fetch has to end. */
  readonly ended: Promise<KeySetError>
  /** How many requests it may send, one at a time or side by side. */
  readonly requests: number
  /** Milliseconds without an answer after which a second request starts. */
  readonly hedgeDelay: number
}

/**
 * Returns the text at a URL: status 200, no redirect, at most 64 KiB, strict UTF-8.
 *
 * @throws KeySetError
 */
export function fetchText(get: Get, url: string, limits: FetchLimits): Promise<FetchedText> {
  const attempt = async (ended: Promise<void>, which: Which) => {
    const answer = await get(url, { ended, ...which })
    checkStatus(answer)
    return { text: await readText(answer), maxAge: maxAgeOf(answer) }
  }
  return hedge(attempt, { ...limits, delay: limits.hedgeDelay })
}

function checkStatus({ status, header }: Answer): void {
  if (status >= 300 && status < 400) throw keySetError('redirect', { status })
  if (status !== 200) throw keySetError('status', { status, retryAfter: retryAfterOf(header) })
}

async function readText({ header, read, isCompressed }: Answer): Promise<string> {
  if (isCompressed || Number(header('content-length')) > maxBytes) throw keySetError('body')
  // A byte order mark stays in the text, where JSON has no place for it.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let text = ''
  let bytes = 0
  try {
    await read(chunk => {
      bytes += chunk.length
      if (bytes > maxBytes) throw keySetError('body')
      text += decoder.decode(chunk, { stream: true })
    })
    return text + decoder.decode()
  } catch (error) {
    throw keySetError('body', { code: networkError(error, 'body').code })
  }
}

/** RFC 9110 section 10.2.3. A date is compared with the answer's own `Date`, so that no clock has to be right. */
function retryAfterOf(header: Answer['header']): number | undefined {
  const value = header('retry-after') ?? ''
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const seconds = (Date.parse(value) - Date.parse(header('date') ?? '')) / 1_000
  return seconds >= 0 ? Math.ceil(seconds) : undefined
}

/** RFC 9111 section 5.2.2.1. A host that allows no caching still gets at most one request a minute. */
function maxAgeOf({ header }: Answer): number | undefined {
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i.exec(header('cache-control') ?? '') ?? []
  return seconds === undefined ? undefined : Math.max(60, Number(seconds)) * 1_000
}

const maxBytes = 65_536
