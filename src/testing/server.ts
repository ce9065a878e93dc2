import type { IncomingMessage } from 'node:http'
import { aCount, aString, checkOptions, type OptionChecks } from '../options.js'
import { awsError, initiateAuth } from './initiate-auth.js'
import { answering, type LoopbackAnswer } from './loopback.js'
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
  const { users = [], port } = options
  for (const user of users) checkOptions('serveTestIssuer, users', user, userChecks)
  const { url, close } = await answering(
    (request, body) => answer(issuer, users, `${url}${jwksPath(issuer)}`, request, body),
    port,
  )
  return {
    url,
    options: {
      userPoolId: issuer.options.userPoolId,
      clientId: issuer.options.clientId,
      jwksUri: `${url}${jwksPath(issuer)}`,
      insecureLoopbackHttp: true,
      insecureTestKeys: true,
    },
    close,
  }
}

async function answer(
  issuer: TestIssuer,
  users: readonly TestUser[],
  jwksUri: string,
  request: IncomingMessage,
  body: string,
): Promise<LoopbackAnswer> {
  switch (`${request.method} ${request.url?.split('?')[0]}`) {
    case `GET ${jwksPath(issuer)}`: {
      const response = await issuer.options.fetch(issuer.jwksUri)
      return { status: response.status, type: 'application/json', body: await response.text() }
    }
    case `GET /${issuer.options.userPoolId}/.well-known/openid-configuration`:
      return json(200, 'application/json', discoveryDocument(issuer, jwksUri))
    case 'POST /': {
      const { status, document } =
        request.headers['x-amz-target'] === 'AWSCognitoIdentityProviderService.InitiateAuth'
          ? initiateAuth(issuer, users, body)
          : awsError('UnknownOperationException', 'This test issuer knows InitiateAuth only.')
      return json(status, 'application/x-amz-json-1.1', document)
    }
    default:
      return { status: 404, type: 'text/plain', body: 'Not Found' }
  }
}

const json = (status: number, type: string, document: object): LoopbackAnswer => ({
  status,
  type,
  body: JSON.stringify(document),
})

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
