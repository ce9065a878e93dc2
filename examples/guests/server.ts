// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789 IDENTITY_POOL_ID=eu-west-1:11111111-2222-3333-4444-555555555555
// PORT=3000 node dist/examples/guests/server.js
import { createGuard, createVerifier, identityPool, userPool } from 'cognito-guard'
import { listen } from '../listen.js'
import { createApp } from './app.js'

const { USER_POOL_ID: userPoolId = '', CLIENT_ID: clientId = '' } = process.env
const { IDENTITY_POOL_ID: identityPoolId = '' } = process.env

// Users come with the access token of the user pool, guests with the OpenID token of the identity pool (GetId, then GetOpenIdToken).
const verifier = createVerifier({
  issuers: [userPool({ userPoolId, clientId }), identityPool({ identityPoolId })],
})
listen(createApp(createGuard({ verifier })), '/articles', () => verifier.close())
