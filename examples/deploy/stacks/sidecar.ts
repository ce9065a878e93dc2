import { cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { Platform } from 'aws-cdk-lib/aws-ecr-assets'
import {
  Cluster,
  ContainerDependencyCondition,
  ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDriver,
} from 'aws-cdk-lib/aws-ecs'
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { path } from './guarded-function.ts'
import { balancerReasons } from './load-balancer.ts'
import type { Users } from './users.ts'

export interface SidecarProps extends StackProps {
  /** Known when the stack is synthesized: they are written into guard.json. */
  readonly users: Users
  readonly certificateArn: string
}

/** A backend in another language: nginx asks `cognito-guard serve`, and all three are containers of one task, which share its loopback. */
export class SidecarStack extends Stack {
  constructor(scope: Construct, id: string, props: SidecarProps) {
    super(scope, id, props)
    const { userPoolId, clientId } = props.users
    const vpc = new Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 })
    const task = new FargateTaskDefinition(this, 'Task', {
      cpu: 512,
      memoryLimitMiB: 1024,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64 },
    })
    const logGroup = new LogGroup(this, 'Log', { retention: RetentionDays.THREE_MONTHS })
    const container = (name: string, files: Record<string, string>, port?: number) =>
      task.addContainer(name, {
        image: ContainerImage.fromAsset(imageOf(files), { platform: Platform.LINUX_ARM64 }),
        logging: LogDriver.awsLogs({ streamPrefix: name, logGroup }),
        ...(port && { portMappings: [{ containerPort: port }] }),
      })

    const recipe = path('../../forward-auth')
    const app = container('app', {
      Dockerfile: [
        'FROM public.ecr.aws/docker/library/python:3-slim',
        'COPY backend.py .',
        'USER nobody',
        'CMD ["python", "backend.py", "8000"]',
      ].join('\n'),
      'backend.py': `${recipe}/backend.py`,
    })
    const guard = container('guard', {
      Dockerfile: `${recipe}/Dockerfile`,
      'guard.json': JSON.stringify({
        listen: '127.0.0.1:4180',
        issuers: { users: { userPool: { userPoolId, clientId } } },
        // the names that nginx.conf asks for
        guards: {
          app: {},
          orders: { policy: { hasScope: 'orders/read' } },
          admin: { policy: { inGroup: 'admin' } },
          public: { allowAnonymous: true },
        },
      }),
    })
    const proxy = container(
      'proxy',
      {
        Dockerfile: [
          'FROM public.ecr.aws/nginx/nginx-unprivileged:stable',
          'COPY nginx.conf /etc/nginx/conf.d/default.conf',
        ].join('\n'),
        'nginx.conf': `${recipe}/nginx.conf`,
      },
      8080,
    )
    for (const each of [app, guard])
      proxy.addContainerDependencies({ container: each, condition: ContainerDependencyCondition.START })
    task.defaultContainer = proxy

    const service = new FargateService(this, 'Service', {
      cluster: new Cluster(this, 'Cluster', { vpc }),
      taskDefinition: task,
      desiredCount: 2,
      minHealthyPercent: 100,
      circuitBreaker: { rollback: true },
    })
    const balancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc,
      internetFacing: true,
      // headers whose names backends read in two ways
      dropInvalidHeaderFields: true,
    })
    balancer
      .addListener('Https', {
        port: 443,
        protocol: ApplicationProtocol.HTTPS,
        sslPolicy: SslPolicy.RECOMMENDED_TLS,
        certificates: [Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn)],
      })
      .addTargets('Targets', {
        port: 8080,
        protocol: ApplicationProtocol.HTTP,
        // nginx, and no other container, is reached from outside of the task
        targets: [service.loadBalancerTarget({ containerName: 'proxy', containerPort: 8080 })],
        healthCheck: { path: '/public/health', interval: Duration.seconds(15) },
        deregistrationDelay: Duration.seconds(30),
      })
    acknowledge(this, balancerReasons)
  }
}

/** Writes the files of an image, each a path or a text, into a folder. */
function imageOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'image-'))
  for (const [name, content] of Object.entries(files))
    if (content.startsWith('/')) cpSync(content, join(folder, name))
    else writeFileSync(join(folder, name), content)
  return folder
}
