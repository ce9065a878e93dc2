import { createHmac } from 'node:crypto'
import { type Call, fault, required } from '../aws.js'
import { allScopes, userScopes } from '../config.js'
import type { Local } from '../local.js'
import type { Lifetimes, LocalClient } from '../types.js'

/** The app client that a call names. */
export function clientOf({ clients }: Local, input: Call['input']): LocalClient {
  const id = required(input, 'ClientId')
  const client = clients.find(({ clientId }) => clientId === id)
  if (!client) throw fault('ResourceNotFoundException', `User pool client ${id} does not exist.`)
  return client
}

/** The lifetimes of a client's tokens: its own, else those of the pool. */
export const lifetimesOf = ({ clients, lifetimes }: Local, clientId: string): Lifetimes => ({
  ...lifetimes,
  ...clients.find(client => client.clientId === clientId)?.lifetimes,
})

/** The scopes that a client may request for itself: custom ones. */
export const machineScopes = ({ config }: Local, { scopes = allScopes(config) }: LocalClient): string[] =>
  scopes.filter(scope => !userScopes.some(own => own === scope))

/** Checks what a confidential client proves its secret with (Computing secret hash values, Amazon Cognito Developer Guide). */
export function checkSecretHash(
  { clientId, secret }: LocalClient,
  username: string | readonly string[],
  hash: unknown,
): void {
  if (secret === undefined) return
  if (typeof hash !== 'string')
    throw fault(
      'NotAuthorizedException',
      `Client ${clientId} is configured with secret but SECRET_HASH was not received`,
    )
  const isRight = [username].flat().some(
    name =>
      createHmac('sha256', secret)
        .update(name + clientId)
        .digest('base64') === hash,
  )
  if (!isRight) throw fault('NotAuthorizedException', `SecretHash does not match for the client: ${clientId}`)
}

/** Whether errors hide that a user does not exist. */
export const hidesUsers = ({ preventUserExistenceErrors = true }: LocalClient): boolean =>
  preventUserExistenceErrors
