// The guard of every function here. In module scope: what it has verified is cached for as long as the environment lives.
import { createGuard, createVerifier, userPool } from 'cognito-guard'

const { USER_POOL_ID: userPoolId = '', CLIENT_ID: clientId = '', JWKS: jwks } = process.env

/** JWKS holds the key set where none can be fetched, in a VPC without a way out: `cognito-guard keys pull` writes it. */
const keys = jwks ? { jwks: JSON.parse(jwks), offline: true } : {}

export const verifier = createVerifier({ issuers: [userPool({ userPoolId, clientId, ...keys })] })

export const guard = createGuard({
  verifier,
  onDecision: ({ status, code = 'authorized' }) => console.log(JSON.stringify({ status, code })),
})
