// The user pool of every function here, from the environment.
import { userPool } from 'cognito-guard'

const { USER_POOL_ID: userPoolId = '', CLIENT_ID: clientId = '', JWKS: jwks } = process.env

/** JWKS holds the key set where none can be fetched, in a VPC without a way out: `cognito-guard keys pull` writes it. */
export const pool = userPool({
  userPoolId,
  clientId,
  ...(jwks ? { jwks: JSON.parse(jwks), offline: true } : {}),
})
