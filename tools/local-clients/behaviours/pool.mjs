// One local Cognito for a file of behaviours, called as the suites of cognito-local and moto call theirs: through the AWS SDK.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { challengeTriggers, clientId, newName, startDev, userPoolId } from '../dev.mjs'

export const UserPoolId = userPoolId
export const ClientId = clientId
export const temporary = 'Temporary-1'
export const another = 'Looking-Glass-2'
/** A confidential client. */
export const confidential = { clientId: 'confidential', secret: 'kept-by-a-server' }
/** A client whose refresh tokens are good once. */
export const rotating = 'rotating'
/** What the local Cognito is called by: the members of dev.mjs, once it has started. */
export const dev = {}

before(async () => {
  const config = {
    clients: [
      { clientId, callbackUrls: ['http://localhost/callback'] },
      confidential,
      { clientId: rotating, refreshTokenRotation: true },
    ],
  }
  Object.assign(dev, await startDev(config, challengeTriggers))
})
after(() => dev.close())

export const send = command => dev.send(command)

/** Rejects with this error of AWS, or one of several, whose status is 400. */
export async function fails(command, name, message) {
  await assert.rejects(send(command), error => {
    if (error.name === 'UnknownOperationException') throw error
    assert.match(error.name, name instanceof RegExp ? name : new RegExp(`^${name}$`))
    assert.equal(error.$metadata.httpStatusCode, 400)
    if (message !== undefined) assert.match(error.message, message)
    return true
  })
}

/** Creates a user as an administrator does, who must change the password. */
export async function created(more = {}) {
  const Username = newName()
  const UserAttributes = [
    { Name: 'email', Value: `${Username}@example.com` },
    { Name: 'email_verified', Value: 'true' },
  ]
  const { User } = await send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username,
      UserAttributes,
      TemporaryPassword: temporary,
      MessageAction: 'SUPPRESS',
      ...more,
    }),
  )
  return User
}

/** The answer to a user who signs in with a password. */
export const passwordSignIn = (USERNAME, PASSWORD, more = {}) =>
  new InitiateAuthCommand({
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD },
    ...more,
  })

export const adminSignIn = (AuthFlow, AuthParameters) =>
  new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow, AuthParameters })

/** A client without credentials of an account. */
export const unsigned = () =>
  new CognitoIdentityProviderClient({
    region: 'us-east-1',
    endpoint: dev.url,
    credentials: { accessKeyId: '', secretAccessKey: '' },
    signer: { sign: async request => request },
    maxAttempts: 1,
  })
