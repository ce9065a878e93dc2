// An API beside a local Cognito: only `local` differs from production, and NODE_ENV=production refuses it.
import { createServer } from 'node:http'
import { createGuard, createVerifier, userPool } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/node'

const {
  COGNITO_URL,
  USER_POOL_ID: userPoolId = 'us-east-1_LOCALDEV0',
  CLIENT_ID: clientId = 'web',
  PORT,
} = process.env

const local = COGNITO_URL && {
  jwksUri: `${COGNITO_URL}/${userPoolId}/.well-known/jwks.json`,
  insecureHttpHosts: [new URL(COGNITO_URL).hostname],
}
const verifier = createVerifier({ issuers: [userPool({ userPoolId, clientId, ...local })] })
const secure = protect(createGuard({ verifier }))

const server = createServer((request, response) =>
  secure(request, response, error =>
    error ? response.writeHead(500).end() : response.end(JSON.stringify(authOf(request).principal)),
  ),
)
server.listen(Number(PORT ?? 3000), () => console.log(`listens on ${server.address().port}`))
process.once('SIGTERM', () => process.exit())
