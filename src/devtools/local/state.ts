import type { Identities, SavedIdentities } from './identity-pool/identities.js'
import type { KeyRing, SavedKeys } from './keys.js'
import type { LocalClient, LocalConfig } from './types.js'
import type { SavedSessions, Sessions } from './user-pool/sessions.js'
import type { SavedUsers, Users } from './user-pool/users.js'

/** What a local Cognito keeps over a restart, as JSON. Not the controls: clock, lifetimes and the behaviour of the key set are as configured again. */
export interface SavedState {
  readonly format: typeof format
  readonly userPoolId: string
  readonly keys: SavedKeys
  readonly users: SavedUsers
  readonly sessions: SavedSessions
  readonly identities: SavedIdentities
  /** Those that are not in the configuration. */
  readonly clients: readonly LocalClient[]
}

/** What is saved of the state of a local Cognito. */
interface Lasting {
  readonly config: LocalConfig
  readonly keys: KeyRing
  readonly users: Users
  readonly sessions: Sessions
  readonly identities: Identities
  readonly clients: readonly LocalClient[]
}

/** The state as it is now. */
export const savedState = ({ config, keys, users, sessions, identities, clients }: Lasting): SavedState => ({
  format,
  userPoolId: config.userPoolId,
  keys: keys.saved(),
  users: users.saved(),
  sessions: sessions.saved(),
  identities: identities.saved(),
  clients: clients.filter(
    ({ clientId }) => !config.clients.some(configured => configured.clientId === clientId),
  ),
})

/**
 * The state of a text.
 *
 * @throws Error that says why it is none of this user pool
 */
export function parseState(text: string, userPoolId: string): SavedState {
  let document: Partial<SavedState>
  try {
    document = Object(JSON.parse(text)) as Partial<SavedState>
  } catch {
    throw new Error('is damaged: it holds no JSON')
  }
  if (document.format !== format) throw new Error('is no state of this version of cognito-guard dev')
  if (document.userPoolId !== userPoolId)
    throw new Error(`is the state of another user pool, ${document.userPoolId}`)
  return document as SavedState
}

/** Changes with everything that an older or newer version could not read. */
const format = 'cognito-guard dev 1'
