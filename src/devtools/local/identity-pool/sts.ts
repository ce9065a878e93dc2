import { createHash, createHmac, randomUUID } from 'node:crypto'
import { isAuthError } from '../../../errors.js'
import { identityPool } from '../../../issuers/identity-pool.js'
import { createVerifier } from '../../../verifier/verifier.js'
import { field } from '../form.js'
import type { Local } from '../local.js'
import type { TemporaryCredentials } from './identities.js'

/**
 * Answers `GetCallerIdentity`: whose the credentials of the identity pool are; checks the signature. And `AssumeRoleWithWebIdentity`, which makes
 * credentials of an identity's token (the basic flow). Every role trusts the identity pool here, and the credentials are valid for an hour.
 * Sources: "GetCallerIdentity" and "AssumeRoleWithWebIdentity", AWS STS API reference; "AWS Signature Version 4 for API requests", IAM User Guide.
 */
export async function stsEndpoint(local: Local, request: Request): Promise<Response> {
  const body = await request.text()
  const input = new URLSearchParams(body)
  const action = field(input, 'Action')
  if (action === 'GetCallerIdentity') return callerIdentity(local, request, body)
  if (action === 'AssumeRoleWithWebIdentity') return assumeRole(local, input)
  const name = /^\w{1,64}$/.test(action) ? action : 'This action'
  return refused(400, 'InvalidAction', `${name} is not one of those of the local STS: ${actions}.`)
}

function callerIdentity(local: Local, request: Request, body: string): Response {
  const signature = signatureOf(request)
  const credentials = signature && local.identities.find(signature.accessKeyId)
  if (!credentials || request.headers.get('x-amz-security-token') !== credentials.sessionToken)
    return refused(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.')
  if (signature.value !== expectedSignature(request, body, signature, credentials))
    return refused(403, 'SignatureDoesNotMatch', 'The request signature does not match.')
  return answered('GetCallerIdentity', {
    Arn: assumedArn(local, credentials),
    UserId: `${credentials.accessKeyId}:${credentials.sessionName}`,
    Account: local.config.identityPool.accountId,
  })
}

async function assumeRole(local: Local, input: URLSearchParams): Promise<Response> {
  const [role, sessionName] = [field(input, 'RoleArn'), field(input, 'RoleSessionName')]
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(role) || !/^[\w+=,.@-]{2,64}$/.test(sessionName))
    return refused(400, 'ValidationError', 'RoleArn or RoleSessionName is missing, or not valid.')
  const { identityPoolId } = local.config.identityPool
  const pool = identityPool({ identityPoolId, jwks: local.keys.identityPoolJwks(), offline: true })
  const verifier = createVerifier({ issuers: [pool], clock: local.clock, cache: false })
  try {
    const { claims } = await verifier.verify(field(input, 'WebIdentityToken'))
    const given = local.identities.credentials(claims.sub, role, sessionName)
    return answered('AssumeRoleWithWebIdentity', {
      SubjectFromWebIdentityToken: claims.sub,
      Audience: identityPoolId,
      Provider: 'cognito-identity.amazonaws.com',
      AssumedRoleUser: {
        Arn: assumedArn(local, given),
        AssumedRoleId: `${given.accessKeyId}:${sessionName}`,
      },
      Credentials: {
        AccessKeyId: given.accessKeyId,
        SecretAccessKey: given.secretKey,
        SessionToken: given.sessionToken,
        Expiration: new Date(given.expiration * 1000).toISOString(),
      },
    })
  } catch (error) {
    if (!isAuthError(error)) throw error
    return error.code === 'ERR_TOKEN_EXPIRED'
      ? refused(400, 'ExpiredTokenException', 'Token expired')
      : refused(400, 'InvalidIdentityToken', 'The token is not one of GetOpenIdToken.')
  }
}

const assumedArn = (local: Local, { role, sessionName }: TemporaryCredentials) =>
  `arn:aws:sts::${local.config.identityPool.accountId}:assumed-role/${role.replace(/^.*\//, '')}/${sessionName}`

type Signature = NonNullable<ReturnType<typeof signatureOf>>

function signatureOf({ headers }: Request) {
  const [, accessKeyId = '', scope = '', names = '', value = ''] =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/([\w/-]+), ?SignedHeaders=([\w;-]+), ?Signature=([\da-f]{64})$/.exec(
      headers.get('authorization') ?? '',
    ) ?? []
  return value === '' ? undefined : { accessKeyId, scope, names, value }
}

function expectedSignature(
  request: Request,
  body: string,
  { scope, names }: Signature,
  { secretKey }: TemporaryCredentials,
): string {
  const { pathname } = new URL(request.url)
  const headers = names.split(';').map(name => `${name}:${request.headers.get(name)?.trim()}\n`)
  const canonical = [request.method, pathname, '', headers.join(''), names, sha256(body)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', request.headers.get('x-amz-date'), scope, sha256(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretKey}`)
  return hmac(key, toSign).toString('hex')
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const refused = (status: number, code: string, message: string) =>
  xml(status, { ErrorResponse: { Error: { Code: code, Message: message } } })

const answered = (action: string, result: Xml) =>
  xml(200, {
    [`${action}Response`]: {
      [`${action}Result`]: result,
      ResponseMetadata: { RequestId: randomUUID() },
    },
  })

/** Elements by name. No text here has a character that XML would read otherwise. */
interface Xml {
  readonly [name: string]: string | Xml
}

const xml = (status: number, document: Xml) =>
  new Response(elements(document), { status, headers: { 'content-type': 'text/xml' } })

const elements = (content: string | Xml): string =>
  typeof content === 'string'
    ? content
    : Object.entries(content)
        .map(([name, inner]) => `<${name}>${elements(inner)}</${name}>`)
        .join('')

const actions = 'GetCallerIdentity, AssumeRoleWithWebIdentity'
