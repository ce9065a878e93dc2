import { keySetError } from './failure.js'

/** Returns the URL of an issuer's discovery document (OpenID Connect Discovery 1.0 section 4.1). */
export const discoveryUrl = (issuer: string) =>
  `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

/**
 * Returns the URL of an issuer's key set, from the text of its discovery document (OpenID Connect Discovery 1.0 section 3).
 * The document must be this issuer's, and the key set on its origin: a document must not direct requests to another host.
 *
 * @throws KeySetError `body`
 */
export function keySetUrlIn(text: string, issuer: string): string {
  const { issuer: named, jwks_uri: url } = parse(text)
  const isOwn =
    named === issuer &&
    typeof url === 'string' &&
    URL.canParse(url) &&
    new URL(url).origin === new URL(issuer).origin
  if (!isOwn) throw keySetError('body')
  return url
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    throw keySetError('body')
  }
}
