import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { aCount, aString, checkOptions, type OptionChecks } from '../options.js'
import { awsError, initiateAuth } from './initiate-auth.js'
import { strings } from './token-options.js'
import type { ServedUserPoolOptions, TestIssuer, TestUser } from './types.js'

/** The options of {@link serveTestIssuer}. */
export interface ServeTestIssuerOptions {
  /** Who can sign in. Default: nobody. */
  readonly users?: readonly TestUser[]
  /** Default: 0, one that the system picks. */
  readonly port?: number
}

/** A test issuer on loopback. */
export interface ServedTestIssuer {
  /** `http://127.0.0.1:<port>`, the endpoint of user pools for an SDK. */
  readonly url: string
  /** To spread into `userPool`, which then fetches the key set from this server. */
  readonly options: ServedUserPoolOptions
  /** Ends every connection and frees the port. */
  readonly close: () => Promise<void>
}

/**
 * Resolves to the issuer as an HTTP server on 127.0.0.1, once it listens: the key set, the discovery document, and
 * the call `InitiateAuth` with `USER_PASSWORD_AUTH` as SDKs send it. The tokens are those of the issuer: their `iss` is
 * AWS's, not this server's. Does not issue refresh tokens.
 *
 * @throws TypeError naming a wrong option
 */
export async function serveTestIssuer(
  issuer: TestIssuer,
  options: ServeTestIssuerOptions = {},
): Promise<ServedTestIssuer> {
  checkOptions('serveTestIssuer', options, optionChecks)
  const { users = [], port = 0 } = options
  for (const user of users) checkOptions('serveTestIssuer, users', user, userChecks)
  const server = createServer((request, response) => {
    answer(issuer, users, url, request).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.destroy(), // the client broke off in the middle of its request
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    options: {
      userPoolId: issuer.options.userPoolId,
      clientId: issuer.options.clientId,
      jwksUri: `${url}${jwksPath(issuer)}`,
      insecureLoopbackHttp: true,
      insecureTestKeys: true,
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  issuer: TestIssuer,
  users: readonly TestUser[],
  url: string,
  request: IncomingMessage,
): Promise<Answer> {
  switch (`${request.method} ${request.url?.split('?')[0]}`) {
    case `GET ${jwksPath(issuer)}`: {
      const response = await issuer.options.fetch(issuer.jwksUri)
      return { status: response.status, type: 'application/json', body: await response.text() }
    }
    case `GET /${issuer.options.userPoolId}/.well-known/openid-configuration`:
      return json(200, 'application/json', discoveryDocument(issuer, `${url}${jwksPath(issuer)}`))
    case 'POST /': {
      const body = await readBody(request)
      if (body === undefined) return text(413, 'Content Too Large')
      const { status, document } =
        request.headers['x-amz-target'] === 'AWSCognitoIdentityProviderService.InitiateAuth'
          ? initiateAuth(issuer, users, body)
          : awsError('UnknownOperationException', 'This test issuer knows InitiateAuth only.')
      return json(status, 'application/x-amz-json-1.1', document)
    }
    default:
      return text(404, 'Not Found')
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const json = (status: number, type: string, document: object): Answer => ({
  status,
  type,
  body: JSON.stringify(document),
})

const text = (status: number, body: string): Answer => ({ status, type: 'text/plain', body })

/** The body of a request, or `undefined` when it is too large. What comes after the limit is read but not kept. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= bodyLimit) chunks.push(chunk)
  }
  return size > bodyLimit ? undefined : Buffer.concat(chunks).toString()
}

/** Only what is served here: no authorization endpoint yet (OpenID Connect Discovery 1.0 section 3). */
const discoveryDocument = ({ issuer }: TestIssuer, jwksUri: string) => ({
  issuer,
  jwks_uri: jwksUri,
  id_token_signing_alg_values_supported: ['RS256'],
  response_types_supported: ['code', 'token'],
  scopes_supported: ['openid', 'email', 'phone', 'profile'],
  subject_types_supported: ['public'],
})

const jwksPath = ({ options }: TestIssuer) => `/${options.userPoolId}/.well-known/jwks.json`

const bodyLimit = 64 * 1024

const optionChecks: OptionChecks = {
  'users?': value => (Array.isArray(value) ? undefined : 'must be a list'),
  'port?': aCount(0, 65_535),
}

const userChecks: OptionChecks = {
  username: aString,
  password: aString,
  'groups?': strings,
  'scopes?': strings,
}
