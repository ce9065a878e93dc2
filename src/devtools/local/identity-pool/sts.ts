import { createHash, createHmac, randomUUID } from 'node:crypto'
import { field } from '../form.js'
import type { Local } from '../local.js'
import type { TemporaryCredentials } from './identities.js'

/**
 * Answers `GetCallerIdentity`: whose the credentials of the identity pool are. Checks the signature.
 * Sources: "GetCallerIdentity", AWS STS API reference; "AWS Signature Version 4 for API requests", IAM User Guide.
 */
export async function stsEndpoint(local: Local, request: Request): Promise<Response> {
  const body = await request.text()
  if (field(new URLSearchParams(body), 'Action') !== 'GetCallerIdentity')
    return refused(400, 'InvalidAction', 'The local STS knows GetCallerIdentity only.')
  const signature = signatureOf(request)
  const credentials = signature && local.identities.find(signature.accessKeyId)
  if (!credentials || request.headers.get('x-amz-security-token') !== credentials.sessionToken)
    return refused(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.')
  if (signature.value !== expectedSignature(request, body, signature, credentials))
    return refused(403, 'SignatureDoesNotMatch', 'The request signature does not match.')
  const { accountId } = local.config.identityPool
  const name = credentials.role.replace(/^.*\//, '')
  return xml(
    200,
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::${accountId}:assumed-role/${name}/CognitoIdentityCredentials</Arn><UserId>${credentials.accessKeyId}:CognitoIdentityCredentials</UserId><Account>${accountId}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  )
}

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
