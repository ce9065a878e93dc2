import {
  AssociateSoftwareTokenCommand,
  InitiateAuthCommand,
  type InitiateAuthCommandInput,
  RespondToAuthChallengeCommand,
  type RespondToAuthChallengeCommandInput,
  SetUserMFAPreferenceCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Test } from 'tap'
import { codeAt } from '../../../src/devtools/local/user-pool/totp.js'
import { startWithSdk } from './sdk.js'

/** A local Cognito and the steps of a sign-in through the AWS SDK. */
export async function startPool(t: Test, document: object = {}) {
  const cognito = await startWithSdk(t, document)
  const { sdk } = cognito
  const begin = (
    AuthFlow: InitiateAuthCommandInput['AuthFlow'],
    AuthParameters: Record<string, string>,
    more: Partial<InitiateAuthCommandInput> = {},
  ) => sdk.send(new InitiateAuthCommand({ ClientId: 'localweb', AuthFlow, AuthParameters, ...more }))
  const respond = (
    ChallengeName: RespondToAuthChallengeCommandInput['ChallengeName'],
    Session: string | undefined,
    ChallengeResponses: Record<string, string>,
    more: Partial<RespondToAuthChallengeCommandInput> = {},
  ) =>
    sdk.send(
      new RespondToAuthChallengeCommand({
        ClientId: 'localweb',
        ChallengeName,
        Session,
        ChallengeResponses,
        ...more,
      }),
    )
  const password = (USERNAME = 'alice', PASSWORD = 'Wonderland-1') =>
    begin('USER_PASSWORD_AUTH', { USERNAME, PASSWORD })
  /** The access token of a user without a second factor. */
  const tokenOf = async (username?: string, secret?: string) =>
    (await password(username, secret)).AuthenticationResult?.AccessToken as string
  const appCode = (secret: string | undefined) =>
    codeAt(secret as string, Math.floor(cognito.local.clock.now() / 30_000))
  return {
    ...cognito,
    begin,
    respond,
    password,
    tokenOf,
    appCode,
    /** Replaces the triggers: a pool of its own costs half a second, for its keys. */
    setTriggers: (triggers: object) => void Object.assign(cognito.local.config, { triggers }),
    codeOf: (username: string) => cognito.local.users.find(username)?.codes.signIn?.value as string,
    /** Sets an authenticator app up, as the preferred factor; returns its secret, of which a new code can be used. */
    async addApp(AccessToken: string): Promise<string> {
      const { SecretCode } = await sdk.send(new AssociateSoftwareTokenCommand({ AccessToken }))
      const UserCode = appCode(SecretCode)
      await sdk.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode, FriendlyDeviceName: 'phone' }))
      await sdk.send(
        new SetUserMFAPreferenceCommand({
          AccessToken,
          SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
        }),
      )
      cognito.local.clock.advance(30)
      return SecretCode as string
    },
  }
}
