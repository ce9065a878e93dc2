import { fileURLToPath } from 'node:url'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction, type NodejsFunctionProps, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { Users } from './users.ts'

interface Props extends Omit<NodejsFunctionProps, 'entry'> {
  /** The file in `handlers/`, without `.ts`. */
  readonly handlerFile: string
  readonly users: Users
}

/** A function of `handlers/`, bundled by the esbuild of this folder: no Docker. */
export function guardedFunction(
  scope: Construct,
  id: string,
  { handlerFile, users, environment, bundling, ...props }: Props,
): NodejsFunction {
  return new NodejsFunction(scope, id, {
    entry: path(`../handlers/${handlerFile}.ts`),
    projectRoot: path('..'),
    depsLockFilePath: path('../package-lock.json'),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    // the share of a processor grows with it, and a cold start waits for that
    memorySize: 512,
    timeout: Duration.seconds(10),
    logGroup: new LogGroup(scope, `${id}Log`, {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
    environment: { USER_POOL_ID: users.userPoolId, CLIENT_ID: users.clientId, ...environment },
    bundling: { ...bundlingOf, ...bundling },
    ...props,
  })
}

/** ES modules are half the size: what is not used is left out. */
export const bundlingOf = {
  format: OutputFormat.ESM,
  mainFields: ['module', 'main'],
  target: 'node24',
  minify: true,
}

export const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
