import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../../../types.js'
import { expiring } from '../expiring.js'

/** The identities of the pool, and the credentials they were given. */
export interface Identities {
  /** The identity of a user, always the same one; without a user a new guest's. */
  readonly of: (user?: string) => string
  /** Whose an identity is: a user's, a guest's (`null`); `undefined` when it is unknown. */
  readonly ownerOf: (identityId: string) => string | null | undefined
  /** Links a guest's identity to a user, as when a guest signs in. */
  readonly link: (identityId: string, user: string) => void
  /** Credentials for an hour. Only this server accepts them. */
  readonly credentials: (identityId: string, role: string, sessionName?: string) => TemporaryCredentials
  /** What credentials stand for, until they expire. */
  readonly find: (accessKeyId: string) => TemporaryCredentials | undefined
  /** Whose the identities are, as JSON. */
  readonly saved: () => SavedIdentities
}

/** Identities and their users, `null` for a guest. */
export type SavedIdentities = readonly (readonly [identityId: string, user: string | null])[]

/** Credentials, and what they stand for. */
export interface TemporaryCredentials {
  readonly accessKeyId: string
  readonly secretKey: string
  readonly sessionToken: string
  /** Seconds since the epoch. */
  readonly expiration: number
  readonly identityId: string
  readonly role: string
  readonly sessionName: string
}

export function createIdentities(
  identityPoolId: string,
  clock: Clock,
  saved: SavedIdentities = [],
): Identities {
  const region = identityPoolId.replace(/:.*/, '')
  const owners = new Map<string, string | null>()
  const ids = new Map<string, string>()
  const issued = expiring<TemporaryCredentials>(clock, 3600)
  const link = (identityId: string, user: string) => {
    owners.set(identityId, user)
    ids.set(user, identityId)
  }
  for (const [identityId, user] of saved)
    if (user === null) owners.set(identityId, null)
    else link(identityId, user)
  return {
    of(user) {
      const known = user === undefined ? undefined : ids.get(user)
      if (known !== undefined) return known
      const identityId = `${region}:${randomUUID()}`
      if (user === undefined) owners.set(identityId, null)
      else link(identityId, user)
      return identityId
    },
    ownerOf: identityId => owners.get(identityId),
    link,
    credentials(identityId, role, sessionName = 'CognitoIdentityCredentials') {
      const credentials = {
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(300).toString('base64'),
        expiration: Math.floor(clock.now() / 1000) + 3600,
        identityId,
        role,
        sessionName,
      }
      issued.set(credentials.accessKeyId, credentials)
      return credentials
    },
    find: issued.get,
    saved: () => [...owners],
  }
}
