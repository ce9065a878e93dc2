// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789 IDENTITY_POOL_ID=eu-west-1:11111111-2222-3333-4444-555555555555
// PORT=3000 node dist/examples/identity-pool/server.js
import { CognitoIdentity } from '@aws-sdk/client-cognito-identity'
import { createGuard, createVerifier, userPool } from 'cognito-guard'
import { createCredentials } from 'cognito-guard/credentials'
import { listen } from '../listen.js'
import { createApp } from './app.js'

const { USER_POOL_ID: userPoolId = '', CLIENT_ID: clientId = '' } = process.env
const { IDENTITY_POOL_ID: identityPoolId = '' } = process.env
const region = identityPoolId.slice(0, identityPoolId.indexOf(':'))

// An identity pool takes ID tokens: this API is called with them.
const verifier = createVerifier({ issuers: [userPool({ userPoolId, clientId, tokenUse: 'id' })] })
const credentials = createCredentials({ client: new CognitoIdentity({ region }), identityPoolId, verifier })
listen(createApp(createGuard({ verifier }), credentials, { region }), '/notes', () => verifier.close())
