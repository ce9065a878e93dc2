import { refusal } from '../../src/errors.js'
import { checkOptions, type OptionCheck } from '../../src/options.js'
import type { Principal, Verifier } from '../../src/types.js'
import { type Ambiguous, principalFromClaims } from './claims.js'
import { principalFromContext } from './context.js'
import { eventHeader, type HttpEvent } from './event-view.js'
import { type PoolIdentity, principalFromIdentity } from './identity.js'

/** The options of {@link principalFromEvent}. */
export interface PrincipalFromEventOptions {
  /** Verifies the `Authorization` header where the gateway passes groups in an ambiguous form. */
  readonly reverify: Pick<Verifier, 'verify'>
}

/**
 * Returns the principal that the gateway's authorizer found: a REST API with a Cognito or JWT authorizer, an HTTP API with a JWT authorizer, either or a
 * WebSocket API with an authorizer of this library, AppSync in any mode, IAM with credentials of an identity pool. Claims that a gateway has turned into
 * text are parsed; `"a,b"` may be two groups or one with a comma in its name, and is refused. Does not verify anything, unless `reverify` is given:
 * only for functions that nothing but the gateway can invoke.
 *
 * @throws TypeError when no authorizer ran, or its result is ambiguous: never returns `undefined`
 */
export function principalFromEvent(event: object): Principal
/**
 * Returns a promise of the principal that the gateway's authorizer found, and verifies the `Authorization` header where groups are ambiguous.
 *
 * @throws TypeError (as a rejection) when no authorizer ran
 * @throws AuthError (as a rejection) when the header is not one good token of the same subject, issuer and token use
 */
export function principalFromEvent(event: object, options: PrincipalFromEventOptions): Promise<Principal>
export function principalFromEvent(
  event: object,
  ...options: readonly [options?: PrincipalFromEventOptions]
): Principal | Promise<Principal> {
  if (options.length > 0) return reverified(event, options[0] as PrincipalFromEventOptions)
  const found = callerOf(event)
  if (!('claims' in found)) return found
  throw new TypeError('principalFromEvent: the groups can be read in two ways; give reverify a verifier')
}

async function reverified(
  event: EventParts & HttpEvent,
  options: PrincipalFromEventOptions,
): Promise<Principal> {
  checkOptions('principalFromEvent', options, { reverify: aVerifier })
  const found = callerOf(event)
  if (!('claims' in found)) return found
  const value = eventHeader(event, 'authorization')
  if (typeof value !== 'string') throw refusal('ERR_REQUEST_INVALID')
  const { principal } = await options.reverify.verify(value.replace(/^bearer +/i, ''))
  const { sub, iss, token_use } = found.claims
  const isSame = principal.subject === sub && principal.issuer === iss && principal.tokenUse === token_use
  if (!isSame) throw refusal('ERR_REQUEST_INVALID')
  return principal
}

/**
 * Where each authorizer puts the caller: Amazon API Gateway Developer Guide and AWS AppSync Developer Guide. Our own authorizer's context is
 * first: AWS sends nothing else with it, but emulators add claims that nobody has verified.
 */
function callerOf(event: EventParts | null | undefined): Principal | Ambiguous {
  const { requestContext, identity, version } = event ?? {}
  const { authorizer, identity: signer } = requestContext ?? {}
  for (const context of [
    authorizer?.lambda,
    authorizer,
    identity?.resolverContext,
    identity?.handlerContext,
  ]) {
    const principal = context && principalFromContext(context)
    if (principal) return principal
  }
  if (authorizer?.jwt) return principalFromClaims(authorizer.jwt.claims, 'bracketed')
  if (authorizer?.claims)
    return principalFromClaims(authorizer.claims, version === '1.0' ? 'bracketed' : 'joined')
  if (authorizer?.iam?.cognitoIdentity)
    return principalFromIdentity(authorizer.iam.cognitoIdentity, requestContext)
  if (signer?.cognitoIdentityId) return principalFromIdentity(signer, requestContext)
  if (identity?.cognitoIdentityId) return principalFromIdentity(identity, requestContext)
  if (identity?.claims) return principalFromClaims(identity.claims, 'plain')
  throw new TypeError('principalFromEvent: no authorizer says who is calling')
}

const aVerifier: OptionCheck = value =>
  typeof (value as Partial<Verifier> | null)?.verify === 'function' ? undefined : 'must be a verifier'

type Members = Readonly<Record<string, unknown>>

interface EventParts {
  readonly version?: string
  readonly requestContext?:
    | null
    | undefined
    | {
        readonly authorizer?:
          | (Members & {
              readonly jwt?: { readonly claims?: Members | null } | null
              readonly claims?: Members
              readonly lambda?: Members | null
              readonly iam?: { readonly cognitoIdentity: PoolIdentity | null }
            })
          | null
        readonly identity?: PoolIdentity
        readonly requestTimeEpoch?: number
        readonly timeEpoch?: number
      }
  readonly identity?:
    | (PoolIdentity & {
        readonly claims?: Members
        readonly resolverContext?: Members
        readonly handlerContext?: Members
      })
    | null
}
