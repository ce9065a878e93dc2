import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { OAuthScope, UserPool, UserPoolDomain } from 'aws-cdk-lib/aws-cognito'
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Platform } from 'aws-cdk-lib/aws-ecr-assets'
import {
  Cluster,
  ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDriver,
} from 'aws-cdk-lib/aws-ecs'
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  ListenerAction,
  SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { AuthenticateCognitoAction } from 'aws-cdk-lib/aws-elasticloadbalancingv2-actions'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { bundledImage } from './bundled.ts'
import type { Users } from './users.ts'

export interface LoadBalancerProps extends StackProps {
  readonly users: Pick<Users, 'userPoolId'>
  /** The prefix of the user pool's domain. */
  readonly domainPrefix: string
  /** The host name that users open, with a certificate of AWS Certificate Manager. */
  readonly domainName: string
  readonly certificateArn: string
}

/** A load balancer that signs users in, in front of containers that verify what it says. */
export class LoadBalancerStack extends Stack {
  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id, props)
    const { users, domainPrefix, domainName, certificateArn } = props
    const userPool = UserPool.fromUserPoolId(this, 'UserPool', users.userPoolId)
    const userPoolDomain = UserPoolDomain.fromDomainName(this, 'UserPoolDomain', domainPrefix)
    const vpc = new Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 })
    const balancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc,
      internetFacing: true,
      // headers whose names backends read in two ways
      dropInvalidHeaderFields: true,
    })
    const client = userPool.addClient('LoadBalancer', {
      // the load balancer keeps it; apps that users hold have a client without one
      generateSecret: true,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL],
        // in lower case, as the load balancer asks for it
        callbackUrls: [`https://${domainName.toLowerCase()}/oauth2/idpresponse`],
      },
      preventUserExistenceErrors: true,
    })
    const service = this.service(vpc, {
      USER_POOL_ID: userPool.userPoolId,
      CLIENT_ID: client.userPoolClientId,
      LOAD_BALANCER_ARN: balancer.loadBalancerArn,
    })
    const listener = balancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      sslPolicy: SslPolicy.RECOMMENDED_TLS,
      certificates: [Certificate.fromCertificateArn(this, 'Certificate', certificateArn)],
    })
    // who reaches the containers by another way can send these headers, too: their security group lets in the load balancer alone
    const targets = new ApplicationTargetGroup(this, 'Targets', {
      vpc,
      port: 8080,
      protocol: ApplicationProtocol.HTTP,
      targets: [service],
      healthCheck: { path: '/health', interval: Duration.seconds(15) },
      deregistrationDelay: Duration.seconds(30),
    })
    listener.addAction('SignIn', {
      // allows the load balancer to reach the user pool, port 443
      action: new AuthenticateCognitoAction({
        userPool,
        userPoolClient: client,
        userPoolDomain,
        scope: 'openid email',
        sessionTimeout: Duration.hours(8),
        next: ListenerAction.forward([targets]),
      }),
    })
    new CfnOutput(this, 'LoadBalancerDomain', { value: balancer.loadBalancerDnsName })
    acknowledge(this, balancerReasons)
  }

  private service(vpc: Vpc, environment: Record<string, string>): FargateService {
    const taskDefinition = new FargateTaskDefinition(this, 'Task', {
      cpu: 256,
      memoryLimitMiB: 512,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64 },
    })
    taskDefinition.addContainer('App', {
      image: ContainerImage.fromAsset(bundledImage('load-balancer'), { platform: Platform.LINUX_ARM64 }),
      portMappings: [{ containerPort: 8080 }],
      environment,
      readonlyRootFilesystem: true,
      logging: LogDriver.awsLogs({
        streamPrefix: 'app',
        logGroup: new LogGroup(this, 'Log', { retention: RetentionDays.THREE_MONTHS }),
      }),
    })
    return new FargateService(this, 'Service', {
      cluster: new Cluster(this, 'Cluster', { vpc }),
      taskDefinition,
      desiredCount: 2,
      minHealthyPercent: 100,
      circuitBreaker: { rollback: true },
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    })
  }
}

export const balancerReasons = {
  'AwsSolutions-ELB2': 'Access logs are left to the deployment: they cost, and hold what callers are',
  'AwsSolutions-EC23': 'An API that is open to the internet',
  'AwsSolutions-VPC7': 'Flow logs are left to the deployment',
  'AwsSolutions-ECS2': 'The environment holds identifiers, and no secret',
  'AwsSolutions-ECS4': 'Container Insights are left to the deployment',
  'AwsSolutions-IAM5[Resource::*]': 'To get a token of the image registry, which is for all images',
}
