// Sign-in: 15 behaviours.
import assert from 'node:assert/strict'
import {
  AdminRespondToAuthChallengeCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createSrpSession, signSrpSession, wrapAuthChallenge, wrapInitiateAuth } from 'cognito-srp-helper'
import { claimsOf, newName, password, secretHash } from '../dev.mjs'
import { checks } from '../excused.mjs'
import {
  adminSignIn,
  another,
  ClientId,
  confidential,
  created,
  dev,
  fails,
  passwordSignIn,
  send,
  temporary,
  UserPoolId,
} from './pool.mjs'

const { check, end } = checks({})
const wrongPassword = /^Incorrect username or password\.$/

check('USER_PASSWORD_AUTH', async () => {
  const { AuthenticationResult: result } = await send(passwordSignIn('alice', password))
  assert.deepEqual([result.TokenType, result.ExpiresIn], ['Bearer', 3600])
  assert.ok(result.AccessToken && result.IdToken && result.RefreshToken)
})
check('a wrong password: NotAuthorizedException', () =>
  fails(passwordSignIn('alice', 'Nothing-Here-1'), 'NotAuthorizedException', wrongPassword),
)
check('nobody: NotAuthorizedException, as for a wrong password', () =>
  fails(passwordSignIn(newName(), password), 'NotAuthorizedException', wrongPassword),
)
check('by email', async () => {
  const username = await dev.newUser()
  const { AuthenticationResult } = await send(passwordSignIn(`${username}@example.com`, password))
  assert.equal(claimsOf(AuthenticationResult.AccessToken).username, username)
})
check('USER_SRP_AUTH', async () => {
  const { AuthenticationResult } = await bySrp('alice', password)
  assert.equal(claimsOf(AuthenticationResult.AccessToken).username, 'alice')
})
check('USER_SRP_AUTH with a wrong password: NotAuthorizedException', () =>
  assert.rejects(bySrp('alice', 'Nothing-Here-1'), {
    name: 'NotAuthorizedException',
    message: 'Incorrect username or password.',
  }),
)
check('USER_SRP_AUTH with a client that has a secret', async () => {
  const more = { SECRET_HASH: secretHash('alice', confidential.clientId, confidential.secret) }
  const { AuthenticationResult } = await bySrp('alice', password, confidential.clientId, more)
  assert.equal(claimsOf(AuthenticationResult.AccessToken).client_id, confidential.clientId)
})
check('a client with a secret, without SECRET_HASH or with a wrong one: NotAuthorizedException', async () => {
  const more = { ClientId: confidential.clientId }
  await fails(passwordSignIn('alice', password, more), 'NotAuthorizedException', /secret/i)
  const AuthParameters = {
    USERNAME: 'alice',
    PASSWORD: password,
    SECRET_HASH: secretHash('bob', confidential.clientId, confidential.secret),
  }
  await fails(passwordSignIn('alice', password, { ...more, AuthParameters }), 'NotAuthorizedException')
})
check('a client that does not exist: ResourceNotFoundException', () =>
  fails(
    passwordSignIn('alice', password, { ClientId: 'nowhere' }),
    'ResourceNotFoundException',
    /^User pool client nowhere does not exist\.$/,
  ),
)
check('ADMIN_USER_PASSWORD_AUTH', async () => {
  const parameters = { USERNAME: 'alice', PASSWORD: password }
  const { AuthenticationResult } = await send(adminSignIn('ADMIN_USER_PASSWORD_AUTH', parameters))
  assert.ok(AuthenticationResult.AccessToken)
})
check('ADMIN_NO_SRP_AUTH, its old name', async () => {
  const parameters = { USERNAME: 'alice', PASSWORD: password }
  const { AuthenticationResult } = await send(adminSignIn('ADMIN_NO_SRP_AUTH', parameters))
  assert.ok(AuthenticationResult.AccessToken)
})
check('AdminRespondToAuthChallenge', async () => {
  const { Username } = await created()
  const parameters = { USERNAME: Username, PASSWORD: temporary }
  const { ChallengeName, Session } = await send(adminSignIn('ADMIN_USER_PASSWORD_AUTH', parameters))
  assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
  const { AuthenticationResult } = await send(
    new AdminRespondToAuthChallengeCommand({
      UserPoolId,
      ClientId,
      ChallengeName,
      Session,
      ChallengeResponses: { USERNAME: Username, NEW_PASSWORD: another },
    }),
  )
  assert.ok(AuthenticationResult.AccessToken)
})
check('CUSTOM_AUTH', async () => {
  const USERNAME = await dev.newUser()
  const begun = await send(
    new InitiateAuthCommand({ ClientId, AuthFlow: 'CUSTOM_AUTH', AuthParameters: { USERNAME } }),
  )
  assert.equal(begun.ChallengeName, 'CUSTOM_CHALLENGE')
  assert.equal(begun.ChallengeParameters.question, 'six times seven')
  const ChallengeResponses = { USERNAME, ANSWER: '42' }
  const { AuthenticationResult } = await answer(begun, ChallengeResponses)
  assert.ok(AuthenticationResult.AccessToken)
})
check('USER_AUTH offers the factors of the user', async () => {
  const USERNAME = await dev.newUser()
  const begun = await send(
    new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME } }),
  )
  assert.equal(begun.ChallengeName, 'SELECT_CHALLENGE')
  for (const name of ['PASSWORD', 'PASSWORD_SRP', 'EMAIL_OTP'])
    assert.ok(begun.AvailableChallenges.includes(name))
  const { AuthenticationResult } = await answer(begun, { USERNAME, ANSWER: 'PASSWORD', PASSWORD: password })
  assert.ok(AuthenticationResult.AccessToken)
})
check('USER_AUTH with the preferred challenge EMAIL_OTP', async () => {
  const USERNAME = await dev.newUser()
  const AuthParameters = { USERNAME, PREFERRED_CHALLENGE: 'EMAIL_OTP' }
  const begun = await send(new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_AUTH', AuthParameters }))
  assert.equal(begun.ChallengeName, 'EMAIL_OTP')
  assert.equal(begun.ChallengeParameters.CODE_DELIVERY_DELIVERY_MEDIUM, 'EMAIL')
  const EMAIL_OTP_CODE = await dev.codeOf(USERNAME)
  const { AuthenticationResult } = await answer(begun, { USERNAME, EMAIL_OTP_CODE })
  assert.ok(AuthenticationResult.AccessToken)
})
end()

const answer = ({ ChallengeName, Session }, ChallengeResponses) =>
  send(new RespondToAuthChallengeCommand({ ClientId, ChallengeName, Session, ChallengeResponses }))

async function bySrp(USERNAME, secret, client = ClientId, more = {}) {
  const session = createSrpSession(USERNAME, secret, UserPoolId, false)
  const begun = await send(
    new InitiateAuthCommand(
      wrapInitiateAuth(session, {
        ClientId: client,
        AuthFlow: 'USER_SRP_AUTH',
        AuthParameters: { CHALLENGE_NAME: 'SRP_A', USERNAME, ...more },
      }),
    ),
  )
  return send(
    new RespondToAuthChallengeCommand(
      wrapAuthChallenge(signSrpSession(session, begun), {
        ClientId: client,
        ChallengeName: 'PASSWORD_VERIFIER',
        Session: begun.Session,
        ChallengeResponses: { USERNAME, ...more },
      }),
    ),
  )
}
