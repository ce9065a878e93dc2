import type { Principal, Provider, VerifiedToken } from '../../src/types.js'

/** The context that an authorizer passes to the functions behind it. */
export type AuthorizerContext = Record<string, string>

/** Returns an application's additions to the context. */
export type ContextOption = (auth: VerifiedToken) => Readonly<Record<string, string | number | boolean>>

/**
 * Returns the context that an authorizer passes on: the principal, every member a string, lists as JSON, since API Gateway fails on anything nested
 * (API Gateway Developer Guide, "Output from an API Gateway Lambda authorizer"). `principalFromEvent` reads it. Holds no token.
 *
 * @throws TypeError for an addition that is not a string, a number or a boolean, or takes the name of a member
 * @throws RangeError when it is longer than `limit` bytes
 */
export function contextOf(
  auth: VerifiedToken,
  add: ContextOption | undefined,
  limit: number,
): AuthorizerContext {
  const context: AuthorizerContext = {}
  for (const [name, value] of Object.entries(auth.principal)) {
    if (value !== undefined) context[name] = typeof value === 'string' ? value : JSON.stringify(value)
  }
  for (const [name, value] of Object.entries(add?.(auth) ?? {})) {
    const isScalar = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
    if (!isScalar) throw new TypeError(`context: ${name} must be a string, a number or a boolean`)
    if (reserved.has(name)) throw new TypeError(`context: the name ${name} is taken`)
    context[name] = String(value)
  }
  if (sizeOf(context) > limit) throw new RangeError(`context: it is longer than ${limit} bytes`)
  return context
}

/** Returns the principal in a context of {@link contextOf}; `undefined` for any other. */
export function principalFromContext(context: Readonly<Record<string, unknown>>): Principal | undefined {
  const { kind, subject, issuer } = context
  const groups = parsed(context.groups, isListOfStrings)
  // serverless-offline puts a list of its own in their place, or nothing where the token has none
  const scopes = parsed(context.scopes ?? [], isListOfStrings)
  const expiresAt = parsed(context.expiresAt, Number.isFinite) as number | undefined
  const isComplete = isKind(kind) && typeof subject === 'string' && typeof issuer === 'string'
  if (!isComplete || !groups || !scopes || expiresAt === undefined) return undefined
  const provider = parsed(context.provider, value => typeof value === 'object') as Provider | undefined
  const optional = ['tokenUse', 'clientId', 'username'].filter(name => typeof context[name] === 'string')
  return {
    kind,
    subject,
    issuer,
    ...Object.fromEntries(optional.map(name => [name, context[name]])),
    groups,
    scopes,
    ...(provider ? { provider } : {}),
    expiresAt,
  }
}

/** In bytes, as JSON. */
export const sizeOf = (value: object): number => Buffer.byteLength(JSON.stringify(value))

const isKind = (kind: unknown): kind is Principal['kind'] =>
  kind === 'user' || kind === 'machine' || kind === 'guest'

const isListOfStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(entry => typeof entry === 'string')

/** Returns a value, or that of a JSON text; `undefined` when it does not parse or its value does not pass. */
function parsed<T>(given: unknown, isRight: (value: unknown) => value is T): T | undefined
function parsed(given: unknown, isRight: (value: unknown) => boolean): unknown
function parsed(given: unknown, isRight: (value: unknown) => boolean): unknown {
  try {
    const value: unknown = typeof given === 'string' ? JSON.parse(given) : given
    return isRight(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Members of a principal, and names that API Gateway uses beside them (API Gateway Developer Guide, "$context variables"). */
const reserved = new Set(
  `kind subject issuer tokenUse clientId username groups scopes provider expiresAt
  principalId integrationLatency claims jwt lambda iam subprotocol`.split(/\s+/),
)

/** Bytes (API Gateway Developer Guide, quotas of WebSocket APIs); the limits of the others are not documented. */
export const longestResult = 8192
