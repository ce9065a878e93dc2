import { type KeySetError, keySetError, networkError } from './failure.js'
import { hedge, type Which } from './hedge.js'
import type { Answer, Get } from './request.js'

/** A text from the network, and for how many milliseconds its sender calls it fresh. */
interface FetchedText {
  readonly text: string
  readonly maxAge: number | undefined
}

/** What one flight may take. */
interface FlightLimits {
  /** Resolves when it has to end. */
  readonly ended: Promise<KeySetError>
  /** How many requests it may send, one at a time or side by side. */
  readonly requests: number
  /** Milliseconds after which a request without an answer gets company. */
  readonly hedgeDelay: number
}

/**
 * Returns the text at a URL: status 200, no redirect, at most 64 KiB, strict UTF-8.
 *
 * @throws KeySetError
 */
export function fetchText(get: Get, url: string, limits: FlightLimits): Promise<FetchedText> {
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

/** RFC 9110 section 10.2.3. A date counts from the sender's own, so that nobody's clock has to be right. */
function retryAfterOf(header: Answer['header']): number | undefined {
  const value = header('retry-after') ?? ''
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const seconds = (Date.parse(value) - Date.parse(header('date') ?? '')) / 1_000
  return seconds >= 0 ? Math.ceil(seconds) : undefined
}

/** RFC 9111 section 5.2.2.1. A host that wants no caching at all is still asked once a minute at most. */
function maxAgeOf({ header }: Answer): number | undefined {
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i.exec(header('cache-control') ?? '') ?? []
  return seconds === undefined ? undefined : Math.max(60, Number(seconds)) * 1_000
}

const maxBytes = 65_536
