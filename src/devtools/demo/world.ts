import { existsSync, readFileSync } from 'node:fs'
import { reportTo } from '../../testing/report-to.js'
import { parseConfig } from '../local/config.js'
import { startLocalCognito } from '../local/server.js'
import { type Api, startApi } from './api.js'
import { demoPage } from './page.js'

export type World = Awaited<ReturnType<typeof createWorld>>

/**
 * Resolves to a local Cognito and an API that trusts it, on loopback. Both go by the Cognito's clock.
 *
 * @param port the Cognito's and the page's; 0 for one that the system picks
 */
export async function createWorld(port = 0) {
  let api: Api
  const cognito = await startLocalCognito(parseConfig({ users }, 'demo'), port, local => ({
    'GET /demo': () => demoPage(local, api.url),
    'GET /demo/README.md': readme,
  }))
  const { url, local, close } = cognito
  const pool = {
    userPoolId: local.config.userPoolId,
    clientId,
    jwksUri: `${url}/${local.config.userPoolId}/.well-known/jwks.json`,
    insecureLoopbackHttp: true,
  }
  const newApi = () => startApi({ pool, clock: local.clock, origin: url, onDecision: reportTo(url) })
  api = await newApi()
  return {
    url,
    local,
    api,
    /** Another API, whose key cache is empty. */
    newApi,
    /** The tokens of a user, from a sign-in over HTTP as an SDK does it. */
    signIn: (username: string) => signIn(url, username),
    async close() {
      await api.close()
      await close()
    },
  }
}

/** That of this package, which is some folders up, in a bundle fewer. */
function readme(): Response {
  const places = [3, 4].map(folders => new URL(`${'../'.repeat(folders)}README.md`, import.meta.url))
  return new Response(readFileSync(places.find(existsSync) as URL), {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
    },
  })
}

const clientId = 'localweb'

const password = 'correct horse battery staple'

const users = [
  {
    username: 'alice',
    password,
    groups: ['admin', 'readers'],
    scopes: ['orders/read'],
    attributes: { name: 'Alice' },
  },
  { username: 'bob', password, groups: ['readers'], scopes: ['orders/read'], attributes: { name: 'Bob' } },
]

async function signIn(url: string, username: string) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    },
    body: JSON.stringify({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: clientId,
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  })
  if (!response.ok) throw new Error(`sign-in failed: ${await response.text()}`)
  const { AuthenticationResult } = (await response.json()) as {
    AuthenticationResult: { AccessToken: string; IdToken: string }
  }
  return { accessToken: AuthenticationResult.AccessToken, idToken: AuthenticationResult.IdToken }
}
