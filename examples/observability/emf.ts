// The same without Powertools: a line of JSON in CloudWatch's embedded metric format for each invocation, which CloudWatch Logs makes metrics of.
import { authorizerWith, type MetricsLike } from './powertools.js'

/** Returns counters that are written as one line. Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format". */
export function embeddedMetrics(namespace: string, service: string): MetricsLike {
  const counts = new Map<string, number>()
  return {
    addMetric: (name, _unit, value) => counts.set(name, (counts.get(name) ?? 0) + value),
    publishStoredMetrics() {
      if (counts.size === 0) return
      const Metrics = Array.from(counts.keys(), Name => ({ Name, Unit: 'Count' }))
      const CloudWatchMetrics = [{ Namespace: namespace, Dimensions: [['service']], Metrics }]
      const _aws = { Timestamp: Date.now(), CloudWatchMetrics }
      console.log(JSON.stringify({ _aws, service, ...Object.fromEntries(counts) }))
      counts.clear()
    },
  }
}

const logger = {
  info: (message: string, extra: object) => console.log(JSON.stringify({ message, ...extra })),
}

export const handler = authorizerWith(logger, embeddedMetrics('CognitoGuard', 'authorizer'))
