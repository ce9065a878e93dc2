// What cannot be run here: the templates of other tools are parsed, and each name in them is one that the tool documents.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse as parseHcl } from '@cdktf/hcl2json'
import { parse as parseYaml } from 'yaml'

const path = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url))
const read = (file: string) => readFileSync(path(file), 'utf8')
const customTags = ['!Ref', '!Sub', '!GetAtt'].map(tag => ({
  tag,
  resolve: (text: string) => `${tag} ${text}`,
}))
const yaml = (file: string) => parseYaml(read(file), { customTags, strict: true, uniqueKeys: true })

type Names = { readonly [name: string]: Names | true }

/** The paths of members that are not among the names; `*` stands for any. */
const unknown = (value: unknown, names: Names | true, at = ''): string[] =>
  names === true || typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, member]) => {
        const known = names[name] ?? names['*']
        return known === undefined ? [`${at}.${name}`] : unknown(member, known, `${at}.${name}`)
      })

// AWS SAM Developer Guide: HttpApi, ApiAuth, HttpApiAuth, LambdaAuthorizationIdentity, Gateway responses, Building Node.js functions with esbuild
const samNames: Record<string, Names> = {
  'AWS::Serverless::HttpApi': {
    Auth: {
      DefaultAuthorizer: true,
      Authorizers: {
        '*': {
          FunctionArn: true,
          FunctionInvokeRole: true,
          AuthorizerPayloadFormatVersion: true,
          EnableSimpleResponses: true,
          EnableFunctionDefaultPermissions: true,
          Identity: {
            Headers: true,
            QueryStrings: true,
            Context: true,
            StageVariables: true,
            ReauthorizeEvery: true,
          },
        },
      },
    },
    CorsConfiguration: {
      AllowOrigins: true,
      AllowMethods: true,
      AllowHeaders: true,
      ExposeHeaders: true,
      MaxAge: true,
      AllowCredentials: true,
    },
  },
  'AWS::Serverless::Api': {
    StageName: true,
    EndpointConfiguration: { Type: true },
    Auth: {
      DefaultAuthorizer: true,
      AddDefaultAuthorizerToCorsPreflight: true,
      Authorizers: {
        '*': {
          FunctionArn: true,
          FunctionPayloadType: true,
          Identity: { Header: true, ValidationExpression: true, ReauthorizeEvery: true },
        },
      },
    },
    Cors: { AllowOrigin: true, AllowHeaders: true, AllowMethods: true, MaxAge: true, AllowCredentials: true },
    GatewayResponses: {
      '*': { StatusCode: true, ResponseParameters: { Headers: true }, ResponseTemplates: true },
    },
  },
  'AWS::Serverless::Function': {
    CodeUri: true,
    Handler: true,
    Events: { '*': { Type: true, Properties: true } },
  },
}

const buildProperties: Names = {
  EntryPoints: true,
  External: true,
  Format: true,
  Loader: true,
  MainFields: true,
  Minify: true,
  OutExtension: true,
  Sourcemap: true,
  Target: true,
}

describe('SAM', () => {
  for (const file of ['sam/http-api.yaml', 'sam/rest-api.yaml'])
    test(`${file}: names and handlers`, () => {
      const { Resources } = yaml(file)
      for (const [id, { Type, Properties, Metadata }] of Object.entries<Record<string, any>>(Resources)) {
        const names = samNames[Type]
        assert.ok(names, Type)
        assert.deepEqual(unknown(Properties, names, id), [])
        if (Type !== 'AWS::Serverless::Function') continue
        assert.equal(Metadata.BuildMethod, 'esbuild')
        assert.deepEqual(unknown(Metadata.BuildProperties, buildProperties, id), [])
        const [entry] = Metadata.BuildProperties.EntryPoints
        assert.equal(Properties.Handler, entry.replace(/ts$/, 'handler'))
        assert.ok(existsSync(path(`handlers/${entry}`)))
      }
    })

  test('what is spelled wrong is found', () => {
    const auth = { Auth: { Authorizers: { Guard: { EnableSimpleResponse: true } } } }
    assert.deepEqual(unknown(auth, samNames['AWS::Serverless::HttpApi'] as Names), [
      '.Auth.Authorizers.Guard.EnableSimpleResponse',
    ])
  })

  test('HTTP API: simple responses, payload 2.0, permission, cache', () => {
    const { Guard } = yaml('sam/http-api.yaml').Resources.Api.Properties.Auth.Authorizers
    assert.equal(Guard.AuthorizerPayloadFormatVersion, '2.0')
    assert.equal(Guard.EnableSimpleResponses, true)
    assert.equal(Guard.EnableFunctionDefaultPermissions, true)
    assert.deepEqual(Guard.Identity, { Headers: ['Authorization'], ReauthorizeEvery: 300 })
  })

  test('REST API: preflights, and headers on refusals', () => {
    const { Auth, GatewayResponses } = yaml('sam/rest-api.yaml').Resources.Api.Properties
    assert.equal(Auth.AddDefaultAuthorizerToCorsPreflight, false)
    for (const { ResponseParameters } of Object.values<any>(GatewayResponses))
      assert.ok(ResponseParameters.Headers['Access-Control-Allow-Origin'])
    assert.match(GatewayResponses.UNAUTHORIZED.ResponseParameters.Headers['WWW-Authenticate'], /^'Bearer /)
    assert.equal(GatewayResponses.AUTHORIZER_FAILURE.StatusCode, 503)
  })
})

// Terraform AWS provider: the resource of each name
const terraformNames: Record<string, string[]> = {
  aws_lambda_function: [
    ...['function_name', 'role', 'runtime', 'architectures', 'handler', 'memory_size', 'timeout', 'filename'],
    ...['source_code_hash', 'environment'],
  ],
  aws_lambda_permission: ['statement_id', 'action', 'function_name', 'principal', 'source_arn'],
  aws_apigatewayv2_authorizer: [
    ...[
      'api_id',
      'name',
      'authorizer_type',
      'authorizer_uri',
      'identity_sources',
      'authorizer_credentials_arn',
    ],
    ...['authorizer_payload_format_version', 'enable_simple_responses', 'authorizer_result_ttl_in_seconds'],
  ],
  aws_apigatewayv2_route: ['api_id', 'route_key', 'target', 'authorization_type', 'authorizer_id'],
  aws_api_gateway_authorizer: [
    ...['rest_api_id', 'name', 'type', 'authorizer_uri', 'authorizer_credentials', 'identity_source'],
    ...['identity_validation_expression', 'authorizer_result_ttl_in_seconds'],
  ],
  aws_api_gateway_method: ['rest_api_id', 'resource_id', 'http_method', 'authorization', 'authorizer_id'],
  aws_api_gateway_gateway_response: [
    ...['rest_api_id', 'response_type', 'status_code', 'response_parameters', 'response_templates'],
  ],
}

describe('Terraform', () => {
  for (const file of ['terraform/http-api.tf', 'terraform/rest-api.tf'])
    test(`${file}: syntax, names and references`, async () => {
      const { resource, variable, data = {} } = await parseHcl(file, read(file))
      for (const [type, resources] of Object.entries<Record<string, object[]>>(resource)) {
        assert.ok(terraformNames[type], type)
        for (const [name, [properties]] of Object.entries(resources))
          for (const property of Object.keys(properties as object))
            assert.ok(terraformNames[type]?.includes(property), `${type}.${name}.${property}`)
      }
      for (const [, kind = '', name = ''] of read(file).matchAll(
        /\b(aws_\w+|var|data\.archive_file)\.(\w+)/g,
      )) {
        if (read(file).match(new RegExp(`^#.*${kind}\\.${name}`, 'm'))) continue
        const known =
          kind === 'var' ? variable : kind.startsWith('data.') ? data.archive_file : resource[kind]
        assert.ok(known?.[name], `${kind}.${name}`)
      }
    })

  test('HTTP API', async () => {
    const file = 'terraform/http-api.tf'
    const { resource } = await parseHcl(file, read(file))
    const [guard] = resource.aws_apigatewayv2_authorizer.guard
    assert.equal(guard.enable_simple_responses, true)
    assert.equal(guard.authorizer_payload_format_version, '2.0')
    assert.deepEqual(guard.identity_sources, ['$request.header.Authorization'])
    assert.match(resource.aws_lambda_permission.authorizer[0].source_arn, /\/authorizers\//)
  })

  test('syntax errors are found', async () => {
    await assert.rejects(parseHcl('x.tf', 'resource "a" "b" { c = }'))
  })
})

test('Serverless Framework: names and handlers', () => {
  const { provider, functions } = yaml('serverless/serverless.yml')
  assert.deepEqual(
    unknown(provider.httpApi, {
      cors: {
        allowedOrigins: true,
        allowedHeaders: true,
        exposedResponseHeaders: true,
        allowedMethods: true,
        maxAge: true,
      },
      authorizers: {
        '*': {
          type: true,
          functionName: true,
          functionArn: true,
          payloadVersion: true,
          enableSimpleResponses: true,
          identitySource: true,
          resultTtlInSeconds: true,
          managedExternally: true,
        },
      },
    }),
    [],
  )
  for (const { handler } of Object.values<{ handler: string }>(functions))
    assert.ok(existsSync(path(`serverless/${handler.replace(/\.handler$/, '.ts')}`)), handler)
  assert.ok(functions[provider.httpApi.authorizers.guard.functionName])
})
