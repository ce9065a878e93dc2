// Over 150 lines: a quarter of it is the documentation of options.
import { randomBytes, randomUUID } from 'node:crypto'
import { chooseRole, type IdentityPoolRoles } from '../credentials/role.js'
import { anObject, aString, checkOptions, type OptionChecks } from '../options.js'
import type { JwtClaims } from '../types.js'
import { identityClaims, roleDenial } from './identity-answers.js'
import { type AwsAnswer, awsError } from './initiate-auth.js'
import { nextTestKey } from './keys.js'
import { loginChecker, refused } from './login-check.js'
import { answering, type Loopback } from './loopback.js'
import type { TestFetch, TestIssuer } from './types.js'

/** The options of {@link createTestIdentityPool}. */
export interface TestIdentityPoolOptions {
  /** Default: one in `us-east-1`. */
  readonly identityPoolId?: string
  /** Its roles, as `SetIdentityPoolRoles` takes them. Without one for `unauthenticated`, guests are not admitted. Default: none at all. */
  readonly roles?: IdentityPoolRoles
}

/** The options of an identity pool's token. */
export interface TestIdentityTokenOptions {
  /** Default: a new identity. */
  readonly identityId?: string
  /** The provider and the ID of the user there; default: a guest's token. */
  readonly login?: { readonly provider: string; readonly userId: string }
  /** Claims to set after all others; `undefined` takes a claim away. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Header members to set after all others. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** An identity pool in a test: the tokens that it signs, and the calls that clients make. */
export interface TestIdentityPool {
  /** To spread into `identityPool`: the network is in process. */
  readonly options: {
    readonly identityPoolId: string
    readonly fetch: TestFetch
    /** The private keys are public, see `identityPool`. */
    readonly insecureTestKeys: true
  }
  /** An OpenID token, valid for ten minutes. */
  token(options?: TestIdentityTokenOptions): string
  /** The role that credentials were given out for, by their access key ID. */
  roleOf(accessKeyId: string): string | undefined
  /** The number of calls, by name. */
  readonly calls: Readonly<Record<string, number>>
  /** Answers a call as AWS does: `GetId`, `GetCredentialsForIdentity`, `GetOpenIdToken`. */
  answer(operation: string, input: Readonly<Record<string, unknown>>): Promise<AwsAnswer>
}

/**
 * Returns an identity pool that a test issuer's app client is linked to. Credentials are made up; which role they are for,
 * {@link chooseRole} says. Errors have AWS's own messages.
 *
 * @throws TypeError naming a wrong option
 */
export function createTestIdentityPool(
  issuer: TestIssuer,
  options: TestIdentityPoolOptions = {},
): TestIdentityPool {
  // Over 40 lines: its calls share the map of identities.
  checkOptions('createTestIdentityPool', options, { 'identityPoolId?': aString, 'roles?': anObject })
  const { identityPoolId = 'us-east-1:11111111-2222-3333-4444-555555555555', roles = {} } = options
  const region = identityPoolId.slice(0, identityPoolId.indexOf(':'))
  const key = nextTestKey([])
  const kid = `${region}-7`
  /** By identity: its login, `undefined` for a guest's. */
  const identities = new Map<string, string | undefined>()
  const sessions = new Map<string, string>()
  const calls: Record<string, number> = {}
  const claimsOf = loginChecker(issuer)
  const clock = () => Math.floor(issuer.clock.now() / 1000)

  function token({
    identityId = `${region}:${randomUUID()}`,
    login,
    ...more
  }: TestIdentityTokenOptions = {}) {
    checkOptions('token', more, tokenChecks)
    const facts = { identityPoolId, accountId: '111122223333', identityId, login, iat: clock() }
    const claims = { ...identityClaims(facts), ...more.claims }
    const signingInput = `${encode({ kid, typ: 'JWS', alg: 'RS512', ...more.header })}.${encode(claims)}`
    return `${signingInput}.${key.sign(signingInput, 'sha512')}`
  }

  function getId({ IdentityPoolId, Logins }: Input, claims: JwtClaims | undefined): object {
    if (IdentityPoolId !== identityPoolId)
      throw refused('ResourceNotFoundException', `IdentityPool '${String(IdentityPoolId)}' not found.`)
    if (!claims && roles.Roles?.unauthenticated === undefined)
      throw refused('NotAuthorizedException', noGuests)
    const login = claims && loginOf(Logins, claims)
    const known = login && [...identities].find(([, of]) => of === login)?.[0]
    const IdentityId = known ?? `${region}:${randomUUID()}`
    identities.set(IdentityId, login)
    return { IdentityId }
  }

  function expectOwn({ IdentityId, Logins }: Input, claims: JwtClaims | undefined): string {
    const id = String(IdentityId)
    if (!identities.has(id)) throw refused('ResourceNotFoundException', `Identity '${id}' not found.`)
    if (identities.get(id) !== (claims && loginOf(Logins, claims)))
      throw refused('NotAuthorizedException', `Access to Identity '${id}' is forbidden.`)
    return id
  }

  function getCredentials(input: Input, claims: JwtClaims | undefined): object {
    const IdentityId = expectOwn(input, claims)
    const { role, reason } = chooseRole(roles, claims, input.CustomRoleArn as string | undefined)
    if (role === undefined) throw roleDenial(reason, Object.keys(Object(input.Logins)).join())
    const AccessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
    sessions.set(AccessKeyId, role)
    const secrets = {
      SecretKey: randomBytes(30).toString('base64'),
      SessionToken: randomBytes(90).toString('base64'),
    }
    return { IdentityId, Credentials: { AccessKeyId, ...secrets, Expiration: clock() + 3600 } }
  }

  function getOpenIdToken(input: Input, claims: JwtClaims | undefined): object {
    const identityId = expectOwn(input, claims)
    const provider = claims?.iss.replace('https://', '')
    const login = provider ? { login: { provider, userId: String(claims?.sub) } } : {}
    return { IdentityId: identityId, Token: token({ identityId, ...login }) }
  }

  const operations: Readonly<Record<string, (input: Input, claims: JwtClaims | undefined) => object>> = {
    GetId: getId,
    GetCredentialsForIdentity: getCredentials,
    GetOpenIdToken: getOpenIdToken,
  }

  return {
    options: {
      identityPoolId,
      insecureTestKeys: true,
      async fetch(_url, init) {
        init?.signal?.throwIfAborted()
        // identity pools publish their numbers in standard base64, with padding
        const n = Buffer.from(key.jwk.n, 'base64url').toString('base64')
        return Response.json({ keys: [{ ...key.jwk, kid, n, alg: 'RS512' }] })
      },
    },
    token,
    roleOf: accessKeyId => sessions.get(accessKeyId),
    calls,
    async answer(operation, input) {
      calls[operation] = (calls[operation] ?? 0) + 1
      const perform = operations[operation]
      if (!perform) return awsError('UnknownOperationException', 'This test pool does not know that call.')
      try {
        return { status: 200, document: perform(input, await claimsOf(input.Logins)) }
      } catch (error) {
        const { name, message } = error as Error
        return awsError(name, message)
      }
    },
  }
}

/** Resolves to the calls and the keys of a test identity pool on 127.0.0.1: an endpoint for the AWS SDK. */
export async function serveTestIdentityPool(pool: TestIdentityPool): Promise<Loopback> {
  return answering(async (request, body) => {
    if (request.method === 'GET') {
      const keys = await pool.options.fetch('')
      return { status: 200, type: 'application/json', body: await keys.text() }
    }
    const operation = String(request.headers['x-amz-target']).replace('AWSCognitoIdentityService.', '')
    const { status, document } = await pool.answer(operation, JSON.parse(body) as Input)
    return { status, type: 'application/x-amz-json-1.1', body: JSON.stringify(document) }
  })
}

type Input = Readonly<Record<string, unknown>>

const loginOf = (logins: unknown, { sub }: JwtClaims) => `${Object.keys(Object(logins)).join()} ${sub}`

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

const noGuests = 'Unauthenticated access is not supported for this identity pool.'

const tokenChecks: OptionChecks = { 'claims?': anObject, 'header?': anObject }
