import type { KeySetFailure } from '../types.js'

/** Why a fetch failed: the `cause` of an `ERR_KEYS_UNAVAILABLE`. Holds no host, URL or text from an answer. */
export interface KeySetError extends Error {
  readonly name: 'KeySetError'
  readonly reason: KeySetFailure
  /** The system's error code, such as `ENOTFOUND`, where there is one. */
  readonly code?: string
  /** The HTTP status, where that is the reason. */
  readonly status?: number
  /** Seconds to wait, from the answer's `Retry-After` (RFC 9110 section 10.2.3). */
  readonly retryAfter?: number
}

/** Returns the error of a reason. */
export function keySetError(
  reason: KeySetFailure,
  details: { code?: string | undefined; status?: number; retryAfter?: number | undefined } = {},
): KeySetError {
  const given = Object.entries(details).filter(([, detail]) => detail !== undefined)
  return Object.assign(new Error(sentences[reason]), {
    name: 'KeySetError' as const,
    reason,
    ...Object.fromEntries(given),
  })
}

/** Whatever was thrown while keys were loaded, as the error of a reason: what is none came of what was in the answer. */
export const asKeySetError = (error: unknown): KeySetError =>
  (error as Partial<KeySetError> | undefined)?.name === 'KeySetError'
    ? (error as KeySetError)
    : keySetError('body')

/** Returns the reason and code of a network error. The error itself is dropped: it names hosts and addresses. */
export function networkError(error: unknown, otherwise: KeySetFailure): KeySetError {
  const code = codeOf(error) ?? codeOf((error as { cause?: unknown } | null | undefined)?.cause)
  if (code === undefined) return keySetError(otherwise)
  if (dnsCodes.test(code)) return keySetError('dns', { code })
  if (tlsCodes.test(code)) return keySetError('tls', { code })
  return keySetError(connectCodes.test(code) ? 'connect' : otherwise, { code })
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && systemCode.test(code) ? code : undefined
}

/** A custom fetch may set any code: this one is too short to hold a message. */
const systemCode = /^[A-Z][A-Z0-9_]{2,49}$/
const dnsCodes = /^(?:ENOTFOUND|EAI_[A-Z]+)$/
const connectCodes = /^(?:E[A-Z]+|UND_ERR_SOCKET|UND_ERR_CONNECT_TIMEOUT)$/

/** What OpenSSL says of certificates (X509_V_ERR_*, without that prefix) and what Node.js and OpenSSL say of handshakes. */
const tlsCodes =
  /CERT|^ERR_(?:TLS|SSL)|^UNABLE_TO_|^EPROTO$|^CRL_|^HOSTNAME_MISMATCH$|^INVALID_(?:CA|PURPOSE)$/

const sentences: Readonly<Record<KeySetFailure, string>> = {
  dns: 'The host of the keys cannot be found',
  connect: 'The host of the keys cannot be reached, or closes the connection',
  tls: 'The host of the keys does not prove that it is the one',
  timeout: 'The host of the keys does not answer in time',
  status: 'The host of the keys answers with another status than 200',
  redirect: 'The host of the keys redirects elsewhere, which is not followed',
  body: 'The answer is cut off, too large or not of the right form',
  empty: 'The answer holds no usable key',
  fetch: 'The fetch function fails, or returns something else than a response',
  closed: 'The keys are not fetched any more: the verifier is closed',
}
