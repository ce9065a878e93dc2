import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { App, Stack, Validations } from 'aws-cdk-lib'
import { Match } from 'aws-cdk-lib/assertions'
import { RestApi } from 'aws-cdk-lib/aws-apigateway'
import { AwsSolutionsChecks } from 'cdk-nag'
import { clientId, synthesized, userPoolId } from './aws.ts'

const apps = {
  'a user pool of its own': synthesized('own', { origin: 'https://app.example.com' }),
  'a pool that exists': synthesized('known', { userPoolId, clientId, origin: 'https://app.example.com' }),
}
const { template } = apps['a user pool of its own']

for (const [name, { outdir }] of Object.entries(apps))
  test(`cdk-nag and the checks of CloudFormation find nothing that is not explained: ${name}`, () => {
    assert.deepEqual(findings(outdir), [])
  })

test('a route without an authorizer would be found', () => {
  const outdir = fileURLToPath(new URL('../dist/open', import.meta.url))
  const app = new App({ outdir, analyticsReporting: false })
  new RestApi(new Stack(app, 'Open'), 'Api').root.addMethod('GET')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  assert.throws(() => app.synth(), { name: 'ValidationFailed' })
  assert.ok(findings(outdir).includes('AwsSolutions-APIG4'))
})

function findings(outdir: string): string[] {
  const { pluginReports } = JSON.parse(readFileSync(`${outdir}/validation-report.json`, 'utf8'))
  assert.ok(pluginReports.length > 0)
  return pluginReports.flatMap(({ violations }: { violations: { ruleName: string }[] }) =>
    violations.map(({ ruleName }) => ruleName),
  )
}

describe('authorizers', () => {
  test('HTTP API: simple responses need payload 2.0, and the token is what answers are cached by', () => {
    template('HttpApi').hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerResultTtlInSeconds: 300,
    })
  })

  test('HTTP API with routes: IAM policies', () => {
    template('HttpApiRoutes').hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerPayloadFormatVersion: '1.0',
      EnableSimpleResponses: Match.absent(),
      IdentitySource: ['$request.header.Authorization'],
    })
  })

  test('REST API', () => {
    template('RestApi').hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'TOKEN',
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 300,
    })
  })

  test('its validation expression refuses what is no token, and no token', () => {
    const [authorizer] = Object.values(template('RestApi').findResources('AWS::ApiGateway::Authorizer'))
    const expression = new RegExp(authorizer?.Properties.IdentityValidationExpression)
    for (const good of ['Bearer a.b.c', 'bearer  eyJ-_.e30.x']) assert.match(good, expression)
    for (const bad of [
      '',
      'Bearer',
      'Basic a.b.c',
      'Bearer a.b',
      'Bearer a.b.c.d',
      'Bearer a.b.c, Bearer a.b.c',
    ])
      assert.doesNotMatch(bad, expression)
  })

  test('REST API with its own JWT authorizer: the client, access tokens, a scope', () => {
    template('RestJwt').hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'JWT',
      JwtConfiguration: {
        Issuers: [
          {
            Audiences: [Match.anyValue()],
            AdditionalClaims: [
              { ClaimName: 'token_use', Format: 'SINGLE_STRING', ExpectedValues: ['access'], Required: true },
            ],
          },
        ],
        DefaultAlgorithms: ['RS256'],
      },
    })
    template('RestJwt').hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'GET',
      AuthorizationType: 'JWT',
      AuthorizerId: Match.anyValue(),
      AuthorizationScopes: ['orders/read'],
    })
  })

  test('WebSocket API: from where browsers can put a token', () => {
    template('WebSocket').hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      IdentitySource: ['route.request.header.Sec-WebSocket-Protocol'],
    })
    template('WebSocket').allResourcesProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: '$connect',
      AuthorizationType: 'CUSTOM',
    })
  })

  test('AppSync Events: to connect, to publish and to subscribe', () => {
    const lambda = [{ AuthType: 'AWS_LAMBDA' }]
    template('EventsApi').hasResourceProperties('AWS::AppSync::Api', {
      EventConfig: {
        AuthProviders: [
          { AuthType: 'AWS_LAMBDA', LambdaAuthorizerConfig: { AuthorizerResultTtlInSeconds: 300 } },
        ],
        ConnectionAuthModes: lambda,
        DefaultPublishAuthModes: lambda,
        DefaultSubscribeAuthModes: lambda,
      },
    })
  })

  const invoked = {
    HttpApi: 'apigateway.amazonaws.com',
    HttpApiRoutes: 'apigateway.amazonaws.com',
    RestApi: 'apigateway.amazonaws.com',
    WebSocket: 'apigateway.amazonaws.com',
    EventsApi: 'appsync.amazonaws.com',
    Revocations: 'apigateway.amazonaws.com',
  }
  for (const [stack, Principal] of Object.entries(invoked))
    test(`${stack}: the authorizer may be called`, () => {
      const permissions = Object.values(template(stack).findResources('AWS::Lambda::Permission'))
      const ofAuthorizer = permissions.filter(({ Properties }) =>
        JSON.stringify(Properties.FunctionName).match(/"(Authorizer|authorizer)Function/),
      )
      assert.equal(ofAuthorizer.length, 1)
      assert.equal(ofAuthorizer[0]?.Properties.Principal, Principal)
      assert.equal(ofAuthorizer[0]?.Properties.Action, 'lambda:InvokeFunction')
    })

  for (const stack of ['HttpApi', 'HttpApiRoutes', 'RestApi', 'RestJwt', 'Revocations'])
    test(`${stack}: every route but a preflight has the authorizer`, () => {
      const methods = Object.values(template(stack).findResources('AWS::ApiGateway::Method'))
      const routes = Object.values(template(stack).findResources('AWS::ApiGatewayV2::Route'))
      assert.ok(methods.length + routes.length > 0)
      for (const { Properties } of [...methods, ...routes]) {
        const isPreflight = Properties.HttpMethod === 'OPTIONS'
        if (isPreflight) assert.equal(Properties.AuthorizationType, 'NONE')
        else assert.match(Properties.AuthorizationType, /^(CUSTOM|JWT)$/)
        assert.equal('AuthorizerId' in Properties, !isPreflight)
      }
    })
})

describe('browsers', () => {
  for (const stack of ['HttpApi', 'HttpApiRoutes'])
    test(`${stack}: API Gateway answers preflights, and exposes the challenge`, () => {
      template(stack).hasResourceProperties('AWS::ApiGatewayV2::Api', {
        CorsConfiguration: {
          AllowOrigins: ['https://app.example.com'],
          AllowHeaders: Match.arrayWith(['Authorization']),
          ExposeHeaders: ['WWW-Authenticate'],
        },
      })
      for (const { Properties } of Object.values(template(stack).findResources('AWS::ApiGatewayV2::Route')))
        assert.doesNotMatch(Properties.RouteKey, /^(ANY|OPTIONS|\$default)/)
    })

  for (const stack of ['RestApi', 'RestJwt'])
    test(`${stack}: refusals of API Gateway carry CORS headers, and a 401 the challenge`, () => {
      const origin = "'https://app.example.com'"
      for (const ResponseType of [
        'UNAUTHORIZED',
        'ACCESS_DENIED',
        'DEFAULT_4XX',
        'AUTHORIZER_FAILURE',
        'DEFAULT_5XX',
      ])
        template(stack).hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
          ResponseType,
          ResponseParameters: { 'gatewayresponse.header.Access-Control-Allow-Origin': origin },
        })
      template(stack).hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
        ResponseType: 'UNAUTHORIZED',
        ResponseParameters: { 'gatewayresponse.header.WWW-Authenticate': `'Bearer realm="orders"'` },
      })
      template(stack).hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
        ResponseType: 'AUTHORIZER_FAILURE',
        StatusCode: '503',
        ResponseParameters: { 'gatewayresponse.header.Retry-After': "'5'" },
      })
    })
})

test('function URL: CloudFront alone may call it, signs with Authorization, and caches nothing', () => {
  const url = template('FunctionUrl')
  url.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'AWS_IAM' })
  for (const Action of ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'])
    url.hasResourceProperties('AWS::Lambda::Permission', { Action, Principal: 'cloudfront.amazonaws.com' })
  assert.deepEqual(
    Object.values(url.findResources('AWS::Lambda::Permission')).filter(
      ({ Properties }) => Properties.Principal !== 'cloudfront.amazonaws.com',
    ),
    [],
  )
  url.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
    OriginAccessControlConfig: { SigningBehavior: 'always', SigningProtocol: 'sigv4' },
  })
  url.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: {
      DefaultCacheBehavior: {
        // Managed-CachingDisabled and Managed-AllViewerExceptHostHeader
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        ViewerProtocolPolicy: 'https-only',
      },
    },
  })
})

test('Web Function: the application decides, and its pool is known', () => {
  const json = JSON.stringify(template('WebFunction').toJSON())
  assert.match(json, /"ApplicationManaged/i)
  assert.doesNotMatch(json, /IamAuth/i)
  assert.match(json, /"USER_POOL_ID":\{"Fn::ImportValue"/)
})

describe('load balancer', () => {
  const balancer = template('LoadBalancer')

  test('signs users in before it forwards', () => {
    balancer.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Protocol: 'HTTPS',
      DefaultActions: [
        {
          Type: 'authenticate-cognito',
          Order: 1,
          AuthenticateCognitoConfig: { UserPoolClientId: Match.anyValue(), UserPoolDomain: 'orders-example' },
        },
        { Type: 'forward', Order: 2 },
      ],
    })
    balancer.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      LoadBalancerAttributes: Match.arrayWith([
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      ]),
    })
  })

  test('its client has a secret, and the callback in lower case', () => {
    balancer.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: true,
      AllowedOAuthFlows: ['code'],
      CallbackURLs: ['https://app.example.com/oauth2/idpresponse'],
    })
  })

  test('containers are reached from the load balancer alone', () => {
    const rules = Object.values(balancer.findResources('AWS::EC2::SecurityGroupIngress'))
    const groups = Object.entries(balancer.findResources('AWS::EC2::SecurityGroup'))
    assert.equal(rules.length, 1)
    assert.match(JSON.stringify(rules[0]?.Properties.SourceSecurityGroupId), /LoadBalancerSecurityGroup/)
    assert.equal(rules[0]?.Properties.FromPort, 8080)
    const open = groups.filter(([, { Properties }]) => Properties.SecurityGroupIngress)
    assert.deepEqual(
      open.map(([id]) => id.startsWith('LoadBalancerSecurityGroup')),
      [true],
    )
    balancer.hasResourceProperties('AWS::ECS::Service', {
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
    })
  })

  test('and may reach the user pool', () => {
    balancer.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupEgress: Match.arrayWith([
        Match.objectLike({ FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' }),
      ]),
    })
  })
})

test('edge: before the cache, without an environment, at a fixed version', () => {
  const edge = apps['a pool that exists'].template('Edge')
  edge.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: {
      DefaultCacheBehavior: {
        LambdaFunctionAssociations: [
          { EventType: 'viewer-request', LambdaFunctionARN: { Ref: Match.anyValue() } },
        ],
      },
    },
  })
  for (const { Properties } of Object.values(edge.findResources('AWS::Lambda::Function')))
    assert.equal(Properties.Environment, undefined)
})

describe('revocations', () => {
  test('old ones are deleted by their time to live', () => {
    template('Revocations').hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      KeySchema: [
        { AttributeName: 'list', KeyType: 'HASH' },
        { AttributeName: 'serial', KeyType: 'RANGE' },
      ],
    })
  })

  test("sign-outs in Cognito's records come to the feed, and what fails is kept", () => {
    template('Revocations').hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.cognito-idp'],
        'detail-type': ['AWS API Call via CloudTrail'],
        detail: { eventName: Match.arrayWith(['AdminUserGlobalSignOut', 'GlobalSignOut', 'RevokeToken']) },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: { Arn: Match.anyValue() } })],
    })
  })

  test('functions may do with the table what they must, and no more', () => {
    const policies = Object.values(template('Revocations').findResources('AWS::IAM::Policy'))
    const actions = policies.flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.filter(({ Action }: { Action: unknown }) =>
        JSON.stringify(Action).includes('dynamodb'),
      ),
    )
    assert.equal(actions.length, 2)
    for (const { Action } of actions)
      assert.deepEqual(Action.toSorted(), ['dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'])
  })

  test('a cached answer outlives a sign-out by ten seconds', () => {
    template('Revocations').hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerResultTtlInSeconds: 10,
    })
  })
})

describe('user pool', () => {
  const users = template('Users')

  test('a client without a secret, by code alone', () => {
    users.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: Match.arrayWith(['openid']),
      EnableTokenRevocation: true,
      PreventUserExistenceErrors: 'ENABLED',
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 },
    })
  })

  test('groups, the scopes of the API, managed login', () => {
    for (const GroupName of ['admin', 'support'])
      users.hasResourceProperties('AWS::Cognito::UserPoolGroup', { GroupName })
    users.hasResourceProperties('AWS::Cognito::UserPoolResourceServer', {
      Identifier: 'orders',
      Scopes: [Match.objectLike({ ScopeName: 'read' }), Match.objectLike({ ScopeName: 'write' })],
    })
    users.hasResourceProperties('AWS::Cognito::UserPoolDomain', { ManagedLoginVersion: 2 })
  })
})

describe('sidecar', () => {
  const { outdir, template } = apps['a pool that exists']
  const containers = Object.values(template('Sidecar').findResources('AWS::ECS::TaskDefinition'))[0]
    ?.Properties.ContainerDefinitions as { Name: string; PortMappings?: { ContainerPort: number }[] }[]
  const { dockerImages } = JSON.parse(readFileSync(`${outdir}/Sidecar.assets.json`, 'utf8'))
  const image = (name: string) => {
    const images = Object.values<{ displayName: string; source: { directory: string } }>(dockerImages)
    const found = images.find(({ displayName }) => displayName === `Task/${name}/AssetImage`)
    return `${outdir}/${found?.source.directory}`
  }

  test('nginx alone is reached, and the containers speak over the loopback of their task', () => {
    const ports = containers.map(({ Name, PortMappings = [] }) => [
      Name,
      PortMappings.map(({ ContainerPort }) => ContainerPort),
    ])
    assert.deepEqual(Object.fromEntries(ports), { app: [], guard: [], proxy: [8080] })
    template('Sidecar').hasResourceProperties('AWS::ECS::TaskDefinition', { NetworkMode: 'awsvpc' })
    template('Sidecar').hasResourceProperties('AWS::ECS::Service', {
      LoadBalancers: [{ ContainerName: 'proxy', ContainerPort: 8080 }],
    })
    assert.equal(Object.keys(template('Sidecar').findResources('AWS::EC2::SecurityGroupIngress')).length, 1)
  })

  test('its configuration is one, and has every guard that nginx asks for', () => {
    const file = `${image('guard')}/guard.json`
    const main = fileURLToPath(new URL('../node_modules/cognito-guard/dist/src/cli/main.js', import.meta.url))
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [main, 'serve', '--config', file, '--check'],
      {
        encoding: 'utf8',
      },
    )
    assert.equal(status, 0, stdout + stderr)
    const { guards } = JSON.parse(readFileSync(file, 'utf8'))
    const nginx = readFileSync(`${image('proxy')}/nginx.conf`, 'utf8')
    const asked = Array.from(nginx.matchAll(/auth_request \/guard\/([\w-]+);/g), ([, name]) => name)
    assert.ok(asked.length > 0)
    assert.deepEqual(
      asked.filter(name => !(String(name) in guards)),
      [],
    )
  })
})
