import type { AddressInfo } from 'node:net'
import { createGuard, createVerifier, userPool } from 'cognito-guard'
import { createTestIssuer, type ServedUserPoolOptions, serveTestIssuer } from 'cognito-guard/testing'
import { createApp } from '../express/app.js'

export type World = Awaited<ReturnType<typeof createWorld>>
export type Api = Awaited<ReturnType<typeof startApi>>

/** What the API says to a request. */
export interface Answer {
  readonly status: number
  /** The code that `onDecision` is told, or `authorized`; the client is told less. */
  readonly reason: string
}

/** An issuer with two users, on loopback. */
export async function createWorld() {
  const issuer = createTestIssuer({ clock: Date })
  let served = await serveTestIssuer(issuer, { users })
  return {
    issuer,
    url: served.url,
    options: served.options,
    /** The tokens of a user, from a sign-in over HTTP as an SDK does it. */
    signIn: (username: string) => signIn(served.url, issuer.options.clientId, username),
    takeDown: () => served.close(),
    bringUp: async () => {
      served = await serveTestIssuer(issuer, { users, port: Number(new URL(served.url).port) })
    },
  }
}

/** The API of examples/express with a verifier of its own, which knows no keys yet. */
export async function startApi(pool: ServedUserPoolOptions) {
  let reason = ''
  const verifier = createVerifier({ issuers: [userPool(pool)] })
  const guard = createGuard({
    verifier,
    onDecision: ({ code = 'authorized' }) => {
      reason = code
    },
  })
  const server = createApp(guard).listen(0, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    get: async (path: string, token?: string): Promise<Answer> => {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
      const response = await fetch(url + path, { headers })
      await response.arrayBuffer()
      return { status: response.status, reason }
    },
    close: async () => {
      verifier.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const password = 'correct horse battery staple'

const users = [
  { username: 'reader', password, scopes: ['orders/read'] },
  { username: 'admin', password, scopes: ['orders/read'], groups: ['admin'] },
]

async function signIn(url: string, clientId: string, username: string) {
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
