import { createHmac } from 'node:crypto'
import {
  CognitoIdentityProviderClient,
  type CognitoIdentityProviderServiceException,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Test } from 'tap'
import { startTestCognito } from './world.js'

/** A local Cognito and the SDK's client of it. */
export async function startWithSdk(t: Test, document: object = {}) {
  const cognito = await startTestCognito(t, document)
  const sdk = new CognitoIdentityProviderClient({
    region: 'us-east-1',
    endpoint: cognito.url,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    maxAttempts: 1,
  })
  t.teardown(() => sdk.destroy())
  return {
    ...cognito,
    sdk,
    UserPoolId: cognito.pool.userPoolId,
    /** The tokens of a sign-in with a password. */
    async signIn(USERNAME: string, PASSWORD: string, ClientId = 'localweb') {
      const AuthParameters = { USERNAME, PASSWORD }
      const input = { AuthFlow: 'USER_PASSWORD_AUTH', ClientId, AuthParameters } as const
      const { AuthenticationResult: { AccessToken = '', IdToken = '', RefreshToken = '' } = {} } =
        await sdk.send(new InitiateAuthCommand(input))
      return { AccessToken, IdToken, RefreshToken }
    },
  }
}

/** Attributes in the form of the API. */
export const attributes = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([Name, Value]) => ({ Name, Value }))

/** The values of attributes by name. */
export const valuesOf = (list: readonly { Name?: string | undefined; Value?: string | undefined }[] = []) =>
  Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]))

/** What a call ends with: `ok`, or the name and message of its error. */
export const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    ({ name, message }: CognitoIdentityProviderServiceException) => `${name}: ${message}`,
  )

/** What a confidential client proves its secret with. */
export const secretHash = ({ clientId, secret }: { clientId: string; secret: string }, name: string) =>
  createHmac('sha256', secret)
    .update(name + clientId)
    .digest('base64')
