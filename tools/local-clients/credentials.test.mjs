// AWS credentials: the identity pool and STS, through the providers of the AWS SDK.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CognitoIdentityClient, GetIdCommand, GetOpenIdTokenCommand } from '@aws-sdk/client-cognito-identity'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import {
  fromCognitoIdentityPool,
  fromTemporaryCredentials,
  fromWebToken,
} from '@aws-sdk/credential-providers'
import { identityPoolId, startDev, userPoolId } from './dev.mjs'

const roleArn = 'arn:aws:iam::000000000000:role/local-reader'
const provider = `cognito-idp.us-east-1.amazonaws.com/${userPoolId}`
let dev
let clientConfig

before(async () => {
  dev = await startDev()
  clientConfig = { region: 'us-east-1', endpoint: dev.url }
})
after(() => dev.close())

test('fromCognitoIdentityPool, a guest', async () => {
  const credentials = fromCognitoIdentityPool({ identityPoolId, clientConfig })
  assert.match(await caller(credentials), /:assumed-role\/local-guest\//)
})
test('fromCognitoIdentityPool, signed in: the role of the first group', async () => {
  const { IdToken } = await dev.signIn('alice')
  const credentials = fromCognitoIdentityPool({
    identityPoolId,
    clientConfig,
    logins: { [provider]: IdToken },
  })
  assert.match(await caller(credentials), /:assumed-role\/local-admin\//)
})
test('fromWebToken, the basic flow', async () => {
  const webIdentityToken = await openIdToken()
  const roleSessionName = 'from-a-test'
  const credentials = fromWebToken({ clientConfig, roleArn, roleSessionName, webIdentityToken })
  assert.equal(await caller(credentials), 'arn:aws:sts::000000000000:assumed-role/local-reader/from-a-test')
  const damaged = fromWebToken({ clientConfig, roleArn, webIdentityToken: `${webIdentityToken}x` })
  await assert.rejects(damaged(), { name: 'InvalidIdentityTokenException' })
})
test('fromTemporaryCredentials: AssumeRole is refused by name', async () => {
  const masterCredentials = fromCognitoIdentityPool({ identityPoolId, clientConfig })
  const credentials = fromTemporaryCredentials({
    clientConfig,
    masterCredentials,
    params: { RoleArn: roleArn },
  })
  await assert.rejects(credentials(), { message: /AssumeRole/ })
})
test('credentials that were made up', async () => {
  const credentials = { accessKeyId: 'ASIANOBODY', secretAccessKey: 'none', sessionToken: 'none' }
  await assert.rejects(caller(credentials), { name: 'InvalidClientTokenId' })
})

/** Who STS says that credentials belong to. */
async function caller(credentials) {
  const client = new STSClient({ ...clientConfig, credentials, maxAttempts: 1 })
  return (await client.send(new GetCallerIdentityCommand({}))).Arn
}

async function openIdToken() {
  const client = new CognitoIdentityClient(clientConfig)
  const { IdToken } = await dev.signIn('alice')
  const Logins = { [provider]: IdToken }
  const { IdentityId } = await client.send(new GetIdCommand({ IdentityPoolId: identityPoolId, Logins }))
  return (await client.send(new GetOpenIdTokenCommand({ IdentityId, Logins }))).Token
}
