import { randomUUID } from 'node:crypto'
import type { TestIssuer, TestUser } from './types.js'

/** What AWS answers: a status and a JSON document, an error with its name in `__type`. */
export interface AwsAnswer {
  /** The HTTP status. */
  readonly status: 200 | 400
  /** The JSON document. */
  readonly document: object
}

/**
 * The answer to the call `InitiateAuth` with the flow `USER_PASSWORD_AUTH`, with AWS's shapes and messages.
 * Source: "InitiateAuth", Amazon Cognito user pools API reference.
 */
export function initiateAuth(issuer: TestIssuer, users: readonly TestUser[], body: string): AwsAnswer {
  const { AuthFlow, ClientId, AuthParameters } = parse(body)
  if (AuthFlow !== 'USER_PASSWORD_AUTH') {
    return awsError('InvalidParameterException', 'Initiate Auth method not supported.')
  }
  if (ClientId !== issuer.options.clientId) {
    return awsError('ResourceNotFoundException', 'User pool client does not exist.')
  }
  const { USERNAME, PASSWORD } = Object(AuthParameters) as Record<string, unknown>
  if (!USERNAME) return awsError('InvalidParameterException', 'Missing required parameter USERNAME')
  if (!PASSWORD) return awsError('InvalidParameterException', 'Missing required parameter PASSWORD')
  const user = users.find(({ username, password }) => username === USERNAME && password === PASSWORD)
  if (!user) return awsError('NotAuthorizedException', 'Incorrect username or password.')
  return { status: 200, document: { AuthenticationResult: signIn(issuer, user), ChallengeParameters: {} } }
}

/** An error as the JSON 1.1 protocol of AWS carries it. */
export function awsError(name: string, message: string): AwsAnswer {
  return { status: 400, document: { __type: name, message } }
}

function signIn(issuer: TestIssuer, { username, groups = [], scopes = [] }: TestUser) {
  // One session: both tokens are revoked by the same origin_jti. No version: this is an SDK's sign-in.
  const claims = { origin_jti: randomUUID(), event_id: randomUUID(), version: undefined }
  const accessToken = issuer.accessToken({
    username,
    groups,
    scopes: ['aws.cognito.signin.user.admin', ...scopes],
    claims,
  })
  return {
    AccessToken: accessToken,
    ExpiresIn: issuer.tokenLifetime,
    IdToken: issuer.idToken({ username, groups, claims }),
    TokenType: 'Bearer',
  }
}

/** The members of a JSON object, and none of anything else. */
function parse(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>
  } catch {
    return {}
  }
}
