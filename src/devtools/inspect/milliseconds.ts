import type { Json } from './decode.js'
import type { Finding } from './types.js'

/** Returns the remark on dates that are in milliseconds: as seconds they are thousands of years away. */
export function millisecondsIn(claims: Json | undefined): Finding[] {
  const far = ['exp', 'nbf', 'iat', 'auth_time'].filter(name => isFar(claims?.[name]))
  if (far.length === 0) return []
  return [
    {
      what: `The token has ${far.join(', ')} in milliseconds, where a JWT has seconds since 1970 (RFC 7519 section 2).`,
      fix: 'Divide by 1000 where the token is made, as in Math.floor(Date.now() / 1000).',
    },
  ]
}

const isFar = (date: unknown) => typeof date === 'number' && date > 1e11
