import type { Clock } from '../../../types.js'
import { expiring } from '../expiring.js'
import type { GatewayAuthorizer } from './api-gateway.js'
import type { AuthorizerType } from './authorizer-event.js'
import { type Answer, readVerdict, type Verdict } from './verdict.js'

/** A Lambda authorizer. */
export type Authorizer = (event: never, context: object) => unknown

/** How API Gateway calls a Lambda authorizer. */
interface LambdaAuthorizerOptions {
  readonly authorizer: Authorizer
  readonly type: AuthorizerType
  /** Seconds that a policy is cached for a token. Default on AWS: 300 for REST APIs, 0 for HTTP APIs. */
  readonly ttl: number
  readonly clock: Clock
  /** Seconds that the authorizer has. API Gateway gives it ten. */
  readonly timeout?: number
}

/** Calls a Lambda authorizer with the event of a request, and caches its answer. */
export function lambdaAuthorizer(options: LambdaAuthorizerOptions): GatewayAuthorizer {
  const { type, ttl, clock } = options
  const cache = expiring<Verdict>(clock, ttl)
  return {
    type,
    async judge(token, event) {
      const cached = cache.get(token)
      if (cached) return cached
      try {
        const verdict = readVerdict(type, await call(options, event))
        cache.set(token, verdict)
        return verdict
      } catch (error) {
        const isRefused = (error as Partial<Error> | undefined)?.message === 'Unauthorized'
        return isRefused ? 'unauthorized' : 'failed'
      }
    },
  }
}

async function call({ authorizer, timeout = 10 }: LambdaAuthorizerOptions, event: object): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The authorizer took too long.')), timeout * 1000)
  })
  try {
    return (await Promise.race([authorizer(event as never, {}), late])) as Answer
  } finally {
    clearTimeout(timer)
  }
}
