import type { AuthErrorCode } from '../../../errors.js'
import type { JwtClaims } from '../../../types.js'
import { createVerifier } from '../../../verifier/verifier.js'
import { type Local, trustIn } from '../local.js'
import type { GatewayAuthorizer } from './api-gateway.js'
import { type Refusal, refusals } from './refusals.js'

/** An authorizer that API Gateway brings: that of HTTP APIs, and the two of REST APIs. */
export type NativeAuthorizerType = 'jwt' | 'cognito' | 'rest-jwt'

/** How an authorizer of API Gateway's own is configured. */
export interface NativeAuthorizerOptions {
  readonly type: NativeAuthorizerType
  /** The audiences of a JWT authorizer. Default: the app clients of the configuration. */
  readonly audiences?: readonly string[]
  /** One of them is required. Default: none, and then `cognito` takes ID tokens only. */
  readonly scopes?: readonly string[]
}

/**
 * Verifies the tokens of the pool as API Gateway does: knows no revocation, and passes the claims on as this kind of authorizer does.
 * Sources: "Control access to HTTP APIs with JWT authorizers", "Integrate a REST API with an Amazon Cognito user pool" and
 * "Control access to REST APIs using JWT authorizers", API Gateway Developer Guide.
 */
export function nativeAuthorizer(
  local: Local,
  {
    type,
    audiences = local.config.clients.map(({ clientId }) => clientId),
    scopes = [],
  }: NativeAuthorizerOptions,
): GatewayAuthorizer {
  const verifier = createVerifier({
    clock: local.clock,
    issuers: [trustIn(local)],
    cache: false,
    clockTolerance: 0,
  })
  const { problemOf, contextOf } = kinds[type]
  return {
    type: type === 'jwt' ? 'http' : 'request',
    async judge(authorization) {
      try {
        const { claims } = await verifier.verify(authorization.replace(/^bearer +/i, ''))
        const refusal = problemOf(claims, audiences, scopes)
        if (refusal) return refusal
        return { allows: () => true, authorizer: contextOf(claims, scopes) }
      } catch (error) {
        const isExpired = (error as { code?: AuthErrorCode }).code === 'ERR_TOKEN_EXPIRED'
        return type === 'cognito' ? cognitoProblem(isExpired) : jwtProblem(isExpired ? expired : invalid)
      }
    },
  }
}

interface Kind {
  readonly problemOf: (
    claims: JwtClaims,
    audiences: readonly string[],
    scopes: readonly string[],
  ) => Refusal | 'forbidden' | undefined
  /** `requestContext.authorizer` of the backend. */
  readonly contextOf: (claims: JwtClaims, scopes: readonly string[]) => object
}

const scopesOf = ({ scope }: JwtClaims) => (typeof scope === 'string' ? scope.split(' ') : [])

const hasOneOf = (claims: JwtClaims, scopes: readonly string[]) =>
  scopes.some(scope => scopesOf(claims).includes(scope))

/** `client_id` counts where there is no `aud` only. */
function jwtProblemOf(claims: JwtClaims, audiences: readonly string[], scopes: readonly string[]) {
  const given = [claims.aud ?? claims.client_id].flat()
  if (!given.some(audience => audiences.includes(audience as string))) return jwtProblem(wrongAudience)
  return scopes.length === 0 || hasOneOf(claims, scopes) ? undefined : ('forbidden' as const)
}

const kinds: Readonly<Record<NativeAuthorizerType, Kind>> = {
  jwt: {
    problemOf: jwtProblemOf,
    contextOf: (claims, scopes) => ({
      jwt: {
        claims: asTexts(claims, list => `[${list.join(' ')}]`),
        scopes: scopes.length === 0 ? null : scopesOf(claims),
      },
    }),
  },
  'rest-jwt': { problemOf: jwtProblemOf, contextOf: claims => ({ claims }) },
  cognito: {
    problemOf(claims, _audiences, scopes) {
      const isRight =
        scopes.length === 0
          ? claims.token_use === 'id'
          : claims.token_use === 'access' && hasOneOf(claims, scopes)
      return isRight ? undefined : cognitoProblem(false)
    },
    contextOf: claims => ({
      claims: asTexts({ ...claims, exp: javaDate(claims.exp), iat: javaDate(claims.iat) }, list =>
        list.join(','),
      ),
    }),
  },
}

/** Every claim as text: what is no list as JSON has it. */
function asTexts(claims: Readonly<Record<string, unknown>>, join: (list: string[]) => string) {
  return Object.fromEntries(
    Object.entries(claims)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? join(value.map(textOf)) : textOf(value)]),
  )
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** As `java.util.Date` prints it: `Thu Jul 02 12:39:49 UTC 2026`. */
function javaDate(seconds: unknown): string {
  const [day = '', date, month, year, time] = new Date(Number(seconds) * 1000).toUTCString().split(' ')
  return `${day.slice(0, 3)} ${month} ${date} ${time} UTC ${year}`
}

/** The words for an expired token and a wrong audience are AWS's, the third is ours. */
const jwtProblem = (description: string): Refusal => {
  const [status, body, type] = refusals.http.unauthorized
  return [
    status,
    body,
    type,
    { 'www-authenticate': `Bearer scope="" error="invalid_token" error_description="${description}"` },
  ]
}

const expired = 'the token has expired'
const wrongAudience = 'the token does not have a valid audience'
const invalid = 'the token is not valid'

const cognitoProblem = (isExpired: boolean): Refusal =>
  isExpired
    ? [401, { message: 'The incoming token has expired' }, 'UnauthorizedException']
    : refusals.request.unauthorized
