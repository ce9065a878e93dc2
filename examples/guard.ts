/**
 * The guard of the examples, from the environment: USER_POOL_ID and CLIENT_ID, and JWKS to pass the key set, so that none is fetched: at the
 * edge, in a VPC without internet access, in tests.
 */
import { createGuard, createVerifier, userPool } from 'cognito-guard'

const { USER_POOL_ID: userPoolId = '', CLIENT_ID: clientId = '', JWKS: jwks } = process.env

export const verifier = createVerifier({
  issuers: [userPool({ userPoolId, clientId, ...(jwks ? { jwks: JSON.parse(jwks), offline: true } : {}) })],
})

export const guard = createGuard({
  verifier,
  onDecision: ({ status, code = 'authorized' }) => console.log(status, code),
})
