import type { RequestListener } from 'node:http'
import type { Verifier } from '../../index.js'
import type { ServeFile } from './file.js'
import { installed } from './installed.js'
import { type RunningServer, serveOn } from './server.js'
import type { Report } from './shapes.js'

/** Starts to measure, and to answer Prometheus. */
export type StartMetrics = (verifiers: readonly Verifier[]) => Promise<RunningServer>

/**
 * Returns what serves the metrics of `cognito-guard/opentelemetry` at `/metrics`, through the exporter that is installed. Reports what is not
 * installed, with what to install.
 */
export function metricsOf(
  { listen }: NonNullable<ServeFile['metrics']>,
  bases: readonly string[],
  report: Report,
): StartMetrics | undefined {
  const [api, sdk, prometheus] = packages.map(name => installed(bases, name)) as [
    unknown,
    Sdk | undefined,
    Exporter | undefined,
  ]
  if (!api || !sdk || !prometheus) {
    report('metrics', `needs three packages: npm install ${packages.join(' ')}`)
    return undefined
  }
  return async verifiers => {
    const { instrument } = await import('../../../adapters/opentelemetry/index.js')
    const exporter = new prometheus.PrometheusExporter({ preventServerStart: true })
    const provider = new sdk.MeterProvider({ readers: [exporter] })
    const end = instrument({ meter: provider.getMeter('cognito-guard'), verifiers })
    const server = await serveOn(listen, 0o660, (request, response) => {
      if (request.url === '/metrics') exporter.getMetricsRequestHandler(request, response)
      else response.writeHead(404).end()
    })
    return {
      address: server.address,
      async stop(within) {
        end()
        await server.stop(within)
        await provider.shutdown()
      },
    }
  }
}

type Instrument = typeof import('../../../adapters/opentelemetry/index.js').instrument
type Meter = NonNullable<NonNullable<Parameters<Instrument>[0]>['meter']>

interface Sdk {
  readonly MeterProvider: new (options: {
    readonly readers: readonly unknown[]
  }) => { getMeter(name: string): Meter; shutdown(): Promise<void> }
}

interface Exporter {
  readonly PrometheusExporter: new (options: {
    readonly preventServerStart: true
  }) => { getMetricsRequestHandler(...of: Parameters<RequestListener>): void }
}

const packages = [
  '@opentelemetry/api',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/exporter-prometheus',
] as const
