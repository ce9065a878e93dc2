// An API with metrics for Prometheus, and endpoints for the probes of Kubernetes or of a load balancer.
// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789 PORT=3000 node dist/examples/observability/server.js
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { authOf, protect } from 'cognito-guard/node'
import { instrument } from 'cognito-guard/opentelemetry'
import { guard, verifier } from '../guard.js'
import { serve } from '../serve.js'
import { isReady } from './health.js'

const exporter = new PrometheusExporter({ preventServerStart: true })
const meter = new MeterProvider({ readers: [exporter] }).getMeter('cognito-guard')
instrument({ meter, verifiers: [verifier] })

const secure = protect(guard)

// In production, let only Prometheus and the probes reach all but /me, such as by a port of their own.
const routes: Record<string, (req: IncomingMessage, res: ServerResponse) => void> = {
  '/metrics': (req, res) => exporter.getMetricsRequestHandler(req, res),
  // Alive: it answers. An outage of the issuer is not mended by a restart, which would lose the cached keys.
  '/livez': (_req, res) => res.writeHead(200).end(),
  '/readyz': (_req, res) => res.writeHead(isReady(verifier) ? 200 : 503).end(),
  '/me': (req, res) =>
    secure(req, res, error =>
      error ? res.writeHead(500).end() : res.end(JSON.stringify(authOf(req).principal)),
    ),
}

await verifier.ready().catch(() => {})
serve(
  createServer((req, res) => {
    const route = routes[new URL(req.url ?? '/', 'http://localhost').pathname]
    if (route) route(req, res)
    else res.writeHead(404).end()
  }),
)
