import { createHash, createHmac, randomUUID } from 'node:crypto'
import { isAuthError } from '../../../errors.js'
import { identityPool, issuerOf } from '../../../issuers/identity-pool.js'
import { createVerifier } from '../../../verifier/verifier.js'
import { field } from '../form.js'
import type { Local } from '../local.js'
import type { TemporaryCredentials } from './identities.js'

/**
 * Answers `GetCallerIdentity`, whose the credentials of the identity pool are, and `AssumeRoleWithWebIdentity` with the pool's OpenID token, for the basic
 * flow. Checks signatures, but no trust policy: any role of the account may be assumed.
 * Sources: "GetCallerIdentity" and "AssumeRoleWithWebIdentity", AWS STS API reference; "AWS Signature Version 4 for API requests", IAM User Guide.
 */
export async function stsEndpoint(local: Local, request: Request): Promise<Response> {
  const body = await request.text()
  const form = new URLSearchParams(body)
  switch (form.get('Action')) {
    case 'GetCallerIdentity':
      return callerIdentity(local, request, body)
    case 'AssumeRoleWithWebIdentity':
      return assumeRole(local, form)
    default:
      return refused(
        400,
        'InvalidAction',
        'The local STS knows GetCallerIdentity and AssumeRoleWithWebIdentity only.',
      )
  }
}

function callerIdentity(local: Local, request: Request, body: string): Response {
  const signature = signatureOf(request)
  const credentials = signature && local.identities.find(signature.accessKeyId)
  if (!credentials || request.headers.get('x-amz-security-token') !== credentials.sessionToken)
    return refused(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.')
  if (signature.value !== expectedSignature(request, body, signature, credentials))
    return refused(403, 'SignatureDoesNotMatch', 'The request signature does not match.')
  const { accessKeyId, sessionName } = credentials
  const { accountId } = local.config.identityPool
  return result(
    'GetCallerIdentity',
    `<Arn>${arnOf(local, credentials)}</Arn><UserId>${accessKeyId}:${sessionName}</UserId><Account>${accountId}</Account>`,
  )
}

async function assumeRole(local: Local, form: URLSearchParams): Promise<Response> {
  const { identityPoolId, accountId } = local.config.identityPool
  const [role, sessionName] = [field(form, 'RoleArn'), field(form, 'RoleSessionName')]
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    return refused(400, 'ValidationError', 'RoleSessionName must be 2 to 64 letters, digits or +=,.@-')
  if (!/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(role) || role.split(':')[4] !== accountId)
    return refused(403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
  const pool = identityPool({
    identityPoolId,
    issuer: issuerOf(identityPoolId),
    jwks: local.keys.identityPoolJwks() as never,
    offline: true,
  })
  const verified = await createVerifier({ issuers: [pool], cache: false, clock: local.clock }).check(
    field(form, 'WebIdentityToken'),
  )
  if (isAuthError(verified))
    return verified.code === 'ERR_TOKEN_EXPIRED'
      ? refused(400, 'ExpiredTokenException', 'Token expired')
      : refused(400, 'InvalidIdentityToken', 'The web identity token is not one of the identity pool.')
  const given = local.identities.credentials(verified.principal.subject, role, sessionName)
  return result(
    'AssumeRoleWithWebIdentity',
    `<Credentials><AccessKeyId>${given.accessKeyId}</AccessKeyId><SecretAccessKey>${given.secretKey}</SecretAccessKey><SessionToken>${given.sessionToken}</SessionToken><Expiration>${new Date(given.expiration * 1000).toISOString()}</Expiration></Credentials><SubjectFromWebIdentityToken>${given.identityId}</SubjectFromWebIdentityToken><Audience>${identityPoolId}</Audience><Provider>cognito-identity.amazonaws.com</Provider><AssumedRoleUser><Arn>${arnOf(local, given)}</Arn><AssumedRoleId>${given.accessKeyId}:${sessionName}</AssumedRoleId></AssumedRoleUser>`,
  )
}

const arnOf = ({ config }: Local, { role, sessionName }: TemporaryCredentials) =>
  `arn:aws:sts::${config.identityPool.accountId}:assumed-role/${role.replace(/^.*\//, '')}/${sessionName}`

const result = (action: string, members: string) =>
  xml(
    200,
    `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${members}</${action}Result><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${action}Response>`,
  )

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
  xml(
    status,
    `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  )

const xml = (status: number, text: string) =>
  new Response(text, { status, headers: { 'content-type': 'text/xml' } })
