/**
 * The guard of these examples, from the environment: USER_POOL_ID and CLIENT_ID. In a test, TEST_ISSUER has the options of `serveTestIssuer`, as
 * JSON: leave it out of your own.
 */
import { createGuard, createVerifier, userPool } from 'cognito-guard'

const { USER_POOL_ID: userPoolId = '', CLIENT_ID: clientId = '', TEST_ISSUER = '{}' } = process.env

export const verifier = createVerifier({
  issuers: [userPool({ userPoolId, clientId, ...JSON.parse(TEST_ISSUER) })],
})

export const guard = createGuard({ verifier })
