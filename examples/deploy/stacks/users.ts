import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import {
  AccountRecovery,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  UserPool,
} from 'aws-cdk-lib/aws-cognito'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

/** What a guarded API has to know of its users. */
export interface Users {
  readonly userPoolId: string
  readonly clientId: string
}

/** A user pool with groups, the scopes of an API, managed login and a public client: what signs in holds no secret. */
export class UsersStack extends Stack implements Users {
  readonly userPoolId: string
  readonly clientId: string

  constructor(scope: Construct, id: string, props: StackProps & { readonly callbackUrls: string[] }) {
    super(scope, id, props)
    const pool = new UserPool(this, 'UserPool', {
      featurePlan: FeaturePlan.ESSENTIALS,
      selfSignUpEnabled: true,
      signInAliases: { email: true },
      autoVerify: { email: true },
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireSymbols: true,
        requireUppercase: true,
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    for (const groupName of ['admin', 'support']) pool.addGroup(groupName, { groupName })
    const [read, write] = ['read', 'write'].map(
      scopeName => new ResourceServerScope({ scopeName, scopeDescription: `${scopeName} orders` }),
    ) as [ResourceServerScope, ResourceServerScope]
    const orders = pool.addResourceServer('Orders', { identifier: 'orders', scopes: [read, write] })
    pool.addDomain('Domain', {
      cognitoDomain: { domainPrefix: `orders-${this.node.addr.slice(-8)}` },
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    })
    const client = pool.addClient('App', {
      generateSecret: false,
      // sign-in by SDK gives no scopes of an API: what guards check as scopes comes from managed login
      authFlows: { userSrp: true },
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [
          OAuthScope.OPENID,
          OAuthScope.EMAIL,
          OAuthScope.resourceServer(orders, read),
          OAuthScope.resourceServer(orders, write),
        ],
        callbackUrls: props.callbackUrls,
        logoutUrls: props.callbackUrls,
      },
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.days(30),
      refreshTokenRotationGracePeriod: Duration.seconds(10),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
    })
    this.userPoolId = pool.userPoolId
    this.clientId = client.userPoolClientId
    new CfnOutput(this, 'UserPoolId', { value: this.userPoolId })
    new CfnOutput(this, 'ClientId', { value: this.clientId })
    acknowledge(this, {
      'AwsSolutions-COG2': 'MFA is offered, and required where a policy asks for it: withAssurance',
      'AwsSolutions-COG3': 'Threat protection is of the Plus plan',
      'AwsSolutions-COG8': 'Threat protection is of the Plus plan',
    })
  }
}
