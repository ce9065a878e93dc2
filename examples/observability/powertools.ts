// A Lambda authorizer that is logged and counted by Powertools for AWS Lambda, or by anything of their shape:
//   const logger = new Logger({ serviceName: 'authorizer' })
//   const metrics = new Metrics({ namespace: 'Orders', serviceName: 'authorizer' })
//   export const handler = authorizerWith(logger, metrics)
import { subscribe } from 'node:diagnostics_channel'
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda'
import type { DecisionEvent } from 'cognito-guard'
import { httpAuthorizer } from 'cognito-guard/lambda'
import { guard } from '../guard.js'
import { fieldsOf } from './decision-fields.js'

/** `Logger` of `@aws-lambda-powertools/logger` is one. */
export interface LoggerLike {
  info(message: string, extra: { readonly decision: object }): void
}

/** `Metrics` of `@aws-lambda-powertools/metrics` is one. */
export interface MetricsLike {
  addMetric(name: string, unit: 'Count', value: number): unknown
  publishStoredMetrics(): void
}

/**
 * Returns an authorizer. Metrics are named by the code of a refusal, or `Allowed`: about twenty at most. CloudWatch is paid by metric and
 * combination of dimensions, so no route and no client is one.
 */
export function authorizerWith(logger: LoggerLike, metrics: MetricsLike) {
  subscribe('cognito-guard:decision', message => {
    const event = message as DecisionEvent
    logger.info('decision', { decision: fieldsOf(event) })
    metrics.addMetric(event.code ?? 'Allowed', 'Count', 1)
  })
  const authorizer = httpAuthorizer(guard)
  return async (event: APIGatewayRequestAuthorizerEventV2) => {
    try {
      return await authorizer(event)
    } finally {
      metrics.publishStoredMetrics()
    }
  }
}
