// Tokens: 12 behaviours.
import assert from 'node:assert/strict'
import {
  GetClientTokenCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createVerifier, userPool } from '../../../dist/src/index.js'
import { claimsOf, password, valuesOf } from '../dev.mjs'
import { checks } from '../excused.mjs'
import { ClientId, confidential, dev, fails, rotating, send, UserPoolId } from './pool.mjs'

const { check, end } = checks({})

check('claims of an access token', async () => {
  const { AccessToken } = await dev.signIn('alice')
  const claims = claimsOf(AccessToken)
  assert.deepEqual(
    [claims.token_use, claims.client_id, claims.username, claims.scope, claims.iss],
    [
      'access',
      ClientId,
      'alice',
      'aws.cognito.signin.user.admin',
      `https://cognito-idp.us-east-1.amazonaws.com/${UserPoolId}`,
    ],
  )
  assert.deepEqual(claims['cognito:groups'], ['admin', 'readers'])
  assert.equal(claims.exp - claims.iat, 3600)
  for (const name of ['sub', 'jti', 'origin_jti', 'event_id', 'auth_time']) assert.ok(claims[name], name)
})
check('claims of an ID token', async () => {
  const { IdToken } = await dev.signIn('alice')
  const claims = claimsOf(IdToken)
  assert.deepEqual(
    [claims.token_use, claims.aud, claims['cognito:username'], claims['custom:tenant']],
    ['id', ClientId, 'alice', 'blue'],
  )
  assert.equal(claims['cognito:preferred_role'], 'arn:aws:iam::000000000000:role/local-admin')
  assert.equal(claims.client_id, undefined)
})
check('the key set verifies both', async () => {
  const { AccessToken, IdToken } = await dev.signIn('alice')
  const verifier = createVerifier({
    issuers: [
      userPool({
        userPoolId: UserPoolId,
        clientId: ClientId,
        tokenUse: ['access', 'id'],
        jwksUri: `${dev.url}/${UserPoolId}/.well-known/jwks.json`,
        insecureLoopbackHttp: true,
      }),
    ],
  })
  for (const token of [AccessToken, IdToken]) {
    const { principal } = await verifier.verify(token)
    assert.equal(principal.username, 'alice')
  }
})
check('the sub of a user stays', async () => {
  const [one, other] = [await dev.signIn('alice'), await dev.signIn('alice')]
  assert.equal(claimsOf(one.AccessToken).sub, claimsOf(other.IdToken).sub)
})
check('GetUser', async () => {
  const { AccessToken } = await dev.signIn('alice')
  const { Username, UserAttributes } = await send(new GetUserCommand({ AccessToken }))
  assert.equal(Username, 'alice')
  assert.equal(valuesOf(UserAttributes).sub, claimsOf(AccessToken).sub)
  await fails(
    new GetUserCommand({ AccessToken: 'a.b.c' }),
    'NotAuthorizedException',
    /^Invalid Access Token$/,
  )
})
check('REFRESH_TOKEN_AUTH', async () => {
  const { AccessToken, RefreshToken } = await dev.signIn('alice')
  const { AuthenticationResult } = await send(refresh(RefreshToken))
  const [old, fresh] = [AccessToken, AuthenticationResult.AccessToken].map(claimsOf)
  assert.notEqual(fresh.jti, old.jti)
  assert.deepEqual([fresh.auth_time, fresh.origin_jti], [old.auth_time, old.origin_jti])
  assert.ok(AuthenticationResult.IdToken)
  assert.equal(AuthenticationResult.RefreshToken, undefined)
})
check('an invalid refresh token: NotAuthorizedException', () =>
  fails(refresh('nothing'), 'NotAuthorizedException', /^Invalid Refresh Token/),
)
check('GetTokensFromRefreshToken rotates', async () => {
  const { RefreshToken } = await dev.signIn('alice', password, rotating)
  const { AuthenticationResult } = await send(rotate(RefreshToken))
  assert.ok(AuthenticationResult.AccessToken)
  assert.notEqual(AuthenticationResult.RefreshToken, RefreshToken)
})
check('a rotated refresh token, again: RefreshTokenReuseException', async () => {
  const { RefreshToken } = await dev.signIn('alice', password, rotating)
  await send(rotate(RefreshToken))
  await fails(rotate(RefreshToken), 'RefreshTokenReuseException')
})
check('RevokeToken', async () => {
  const { AccessToken, RefreshToken } = await dev.signIn('alice')
  await send(new RevokeTokenCommand({ ClientId, Token: RefreshToken }))
  await fails(refresh(RefreshToken), 'NotAuthorizedException', /^Refresh Token has been revoked$/)
  await fails(new GetUserCommand({ AccessToken }), 'NotAuthorizedException', /revoked/)
  await fails(new RevokeTokenCommand({ ClientId, Token: AccessToken }), 'UnsupportedTokenTypeException')
})
check('GlobalSignOut', async () => {
  const username = await dev.newUser()
  const [one, other] = [await dev.signIn(username), await dev.signIn(username)]
  await send(new GlobalSignOutCommand({ AccessToken: one.AccessToken }))
  await fails(new GetUserCommand({ AccessToken: other.AccessToken }), 'NotAuthorizedException')
  await fails(refresh(other.RefreshToken), 'NotAuthorizedException')
})
check('GetClientToken', async () => {
  const { ClientAuthenticationResult } = await send(
    new GetClientTokenCommand({
      ClientId: confidential.clientId,
      Secret: confidential.secret,
      Scopes: ['orders/read'],
    }),
  )
  assert.ok(ClientAuthenticationResult.AccessToken)
})
end()

const refresh = REFRESH_TOKEN =>
  new InitiateAuthCommand({
    ClientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN },
  })

const rotate = RefreshToken => new GetTokensFromRefreshTokenCommand({ ClientId: rotating, RefreshToken })
