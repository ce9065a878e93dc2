import { createHmac } from 'node:crypto'
import { type Call, fault, required } from '../aws.js'
import type { Local } from '../local.js'
import type { Lifetimes, LocalClient } from '../types.js'

/** The app client that a call names. */
export function clientOf({ clients }: Local, input: Call['input']): LocalClient {
  const id = required(input, 'ClientId')
  const client = clients.find(({ clientId }) => clientId === id)
  if (!client) throw fault('ResourceNotFoundException', `User pool client ${id} does not exist.`)
  return client
}

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

/** How long the tokens of a client are valid. */
export const lifetimesOf = ({ clients, lifetimes }: Local, clientId: string): Lifetimes => ({
  ...lifetimes,
  ...clients.find(client => client.clientId === clientId)?.lifetimes,
})

/** Refuses a sign-in flow that is not on for the client (`ExplicitAuthFlows`). */
export function checkAuthFlow({ explicitAuthFlows }: LocalClient, flow: string): void {
  const name = flow.replace(/^REFRESH_TOKEN$/, 'REFRESH_TOKEN_AUTH').replace('ADMIN_NO_SRP_AUTH', adminFlow)
  if (
    !explicitAuthFlows ||
    explicitAuthFlows.some(allowed => (legacyFlows[allowed] ?? allowed) === `ALLOW_${name}`)
  )
    return
  throw fault(
    'InvalidParameterException',
    name === 'USER_SRP_AUTH' || name === 'CUSTOM_AUTH'
      ? `${name} is not enabled for the client.`
      : name === adminFlow
        ? 'Auth flow not enabled for this client'
        : `${name} flow not enabled for this client`,
  )
}

/** Whether errors hide that a user does not exist. */
export const hidesUsers = ({ preventUserExistenceErrors = true }: LocalClient): boolean =>
  preventUserExistenceErrors

const adminFlow = 'ADMIN_USER_PASSWORD_AUTH'

/** Names that old clients have for flows. */
const legacyFlows: Readonly<Record<string, string>> = {
  ADMIN_NO_SRP_AUTH: `ALLOW_${adminFlow}`,
  CUSTOM_AUTH_FLOW_ONLY: 'ALLOW_CUSTOM_AUTH',
  USER_PASSWORD_AUTH: 'ALLOW_USER_PASSWORD_AUTH',
}
