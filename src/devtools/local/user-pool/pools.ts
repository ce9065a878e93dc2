import { type Call, fault, invalid, listOf, members, type Operations, required, textsOf } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalConfig, PoolAttribute } from '../types.js'
import { checkAdmin, checkSigned } from './administrators.js'
import { isAttribute, schemaOf } from './attributes.js'

/** The calls of administrators about the pool, of which there is one: creating it gives it what is asked for (Amazon Cognito user pools API reference). */
export const pools: Operations = {
  CreateUserPool(local, call) {
    checkSigned(call)
    required(call.input, 'PoolName')
    const { UsernameAttributes, AliasAttributes, UsernameConfiguration, Schema } = call.input
    const { CaseSensitive } = members(UsernameConfiguration)
    const attributes = listOf(Schema).map(attributeFrom)
    change(local, call.input)
    configure(local, {
      attributes: [...local.config.attributes, ...attributes],
      ...(UsernameAttributes || AliasAttributes
        ? {
            usernameAttributes: textsOf(UsernameAttributes) as LocalConfig['usernameAttributes'],
            aliasAttributes: textsOf(AliasAttributes) as LocalConfig['aliasAttributes'],
          }
        : {}),
      ...(typeof CaseSensitive === 'boolean' && { caseSensitive: CaseSensitive }),
    })
    return { UserPool: poolType(local) }
  },

  UpdateUserPool(local, call) {
    checkAdmin(local, call)
    change(local, call.input)
    return {}
  },

  DescribeUserPool(local, call) {
    checkAdmin(local, call)
    return { UserPool: poolType(local) }
  },

  ListUserPools(local, call) {
    checkSigned(call)
    const { Id, Name, LambdaConfig, CreationDate, LastModifiedDate } = poolType(local)
    return { UserPools: [{ Id, Name, LambdaConfig, CreationDate, LastModifiedDate }] }
  },

  AddCustomAttributes(local, call) {
    checkAdmin(local, call)
    const added = listOf(call.input.CustomAttributes).map(attributeFrom)
    const known = schemaOf(local.config)
    const twice = added.find(({ name }) => known.some(attribute => attribute.name === name))
    if (twice)
      throw fault('InvalidParameterException', `${twice.name}: Existing attribute already has this name.`)
    configure(local, { attributes: [...local.config.attributes, ...added] })
    return {}
  },

  CreateUserPoolDomain(local, call) {
    checkAdmin(local, call)
    local.described.Domain = required(call.input, 'Domain')
    return {}
  },

  UpdateUserPoolDomain(local, call) {
    checkAdmin(local, call)
    local.described.Domain = required(call.input, 'Domain')
    return {}
  },

  DescribeUserPoolDomain(local, call) {
    checkSigned(call)
    const Domain = required(call.input, 'Domain')
    const { userPoolId, identityPool } = local.config
    return {
      DomainDescription:
        Domain === local.described.Domain
          ? { Domain, UserPoolId: userPoolId, AWSAccountId: identityPool.accountId, Status: 'ACTIVE' }
          : {},
    }
  },

  DeleteUserPoolDomain(local, call) {
    checkAdmin(local, call)
    delete local.described.Domain
    return {}
  },

  ListIdentityProviders(local, call) {
    checkAdmin(local, call)
    return {
      Providers: local.config.identityProviders.map(({ name, type }) => ({
        ProviderName: name,
        ProviderType: type,
        CreationDate: local.startedAt,
        LastModifiedDate: local.startedAt,
      })),
    }
  },

  DescribeIdentityProvider(local, call) {
    checkAdmin(local, call)
    const named = required(call.input, 'ProviderName')
    const provider = local.config.identityProviders.find(({ name }) => name === named)
    if (!provider) throw fault('ResourceNotFoundException', 'The identity provider does not exist.')
    const { name, type, issuer, clientId } = provider
    return {
      IdentityProvider: {
        UserPoolId: local.config.userPoolId,
        ProviderName: name,
        ProviderType: type,
        ProviderDetails: { ...(issuer && { oidc_issuer: issuer }), ...(clientId && { client_id: clientId }) },
        CreationDate: local.startedAt,
        LastModifiedDate: local.startedAt,
      },
    }
  },
}

/** Changes what is played, and keeps the rest to answer it. */
function change(local: Local, input: Call['input']): void {
  const { PoolName, UserPoolId: _, Policies, UserAttributeUpdateSettings, Schema: __, ...described } = input
  const { AttributesRequireVerificationBeforeUpdate: addresses } = members(UserAttributeUpdateSettings)
  const policy = members(members(Policies).PasswordPolicy)
  const { MinimumLength: length = 8 } = policy
  if (!Number.isInteger(length) || (length as number) < 6 || (length as number) > 99)
    throw invalid('policies.passwordPolicy.minimumLength', 'have a value from 6 to 99')
  configure(local, {
    passwordPolicy: {
      ...local.config.passwordPolicy,
      ...Object.fromEntries(
        Object.entries(policy).map(([name, value]) => [`${name[0]?.toLowerCase()}${name.slice(1)}`, value]),
      ),
    },
    ...(addresses ? { verifiedBeforeUpdate: textsOf(addresses) as LocalConfig['verifiedBeforeUpdate'] } : {}),
  })
  const mode = (['OFF', 'OPTIONAL', 'ON'] as const).find(each => each === described.MfaConfiguration)
  if (mode) local.mfa.mode = mode
  Object.assign(local.described, described, PoolName === undefined ? {} : { Name: PoolName })
  if (Object.keys(members(described.LambdaConfig)).length > 0)
    local.notice('LambdaConfig of a user pool is kept and answered, and not played by the local Cognito.')
}

const configure = ({ config }: Local, changes: Partial<LocalConfig>) => Object.assign(config, changes)

function attributeFrom(given: Readonly<Record<string, unknown>>): PoolAttribute {
  const {
    Name,
    AttributeDataType,
    Required,
    Mutable,
    StringAttributeConstraints,
    NumberAttributeConstraints,
  } = given
  const bare = required({ Name }, 'Name')
  const name = isAttribute(bare) ? bare : `custom:${bare}`
  if (!isAttribute(name)) throw invalid('name', 'have length less than or equal to 20')
  if (Required === true && name.startsWith('custom:'))
    throw fault('InvalidParameterException', 'Required custom attributes are not supported currently.')
  return {
    name,
    type: (AttributeDataType ?? 'String') as NonNullable<PoolAttribute['type']>,
    required: Required === true,
    mutable: Mutable !== false,
    constraints: {
      ...(StringAttributeConstraints !== undefined && { StringAttributeConstraints }),
      ...(NumberAttributeConstraints !== undefined && { NumberAttributeConstraints }),
    },
  }
}

/** `UserPoolType`. */
function poolType(local: Local) {
  const { config, startedAt, users, described } = local
  const { userPoolId, passwordPolicy, usernameAttributes, aliasAttributes, caseSensitive } = config
  return {
    Name: 'local',
    LambdaConfig: {},
    AutoVerifiedAttributes: ['email'],
    DeletionProtection: 'INACTIVE',
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: false },
    AccountRecoverySetting: {
      RecoveryMechanisms: [
        { Name: 'verified_email', Priority: 1 },
        { Name: 'verified_phone_number', Priority: 2 },
      ],
    },
    EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
    UserPoolTags: {},
    UserPoolTier: 'ESSENTIALS',
    ...described,
    MfaConfiguration: local.mfa.mode,
    Id: userPoolId,
    Arn: `arn:aws:cognito-idp:${userPoolId.replace(/_.*/, '')}:${config.identityPool.accountId}:userpool/${userPoolId}`,
    CreationDate: startedAt,
    LastModifiedDate: startedAt,
    EstimatedNumberOfUsers: users.all().length,
    Policies: {
      PasswordPolicy: Object.fromEntries(
        Object.entries(passwordPolicy).map(([name, value]) => [
          `${name[0]?.toUpperCase()}${name.slice(1)}`,
          value,
        ]),
      ),
    },
    ...(usernameAttributes.length > 0
      ? { UsernameAttributes: usernameAttributes }
      : { AliasAttributes: aliasAttributes }),
    UsernameConfiguration: { CaseSensitive: caseSensitive },
    UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: config.verifiedBeforeUpdate },
    SchemaAttributes: [
      schemaType({ name: 'sub', required: true, mutable: false }),
      ...schemaOf(config).map(schemaType),
    ],
  }
}

/** `SchemaAttributeType`. */
const schemaType = ({
  name,
  type = 'String',
  required = false,
  mutable = true,
  constraints,
}: PoolAttribute) => ({
  Name: name,
  AttributeDataType: type,
  DeveloperOnlyAttribute: false,
  Mutable: mutable,
  Required: required,
  ...(constraints ??
    (type === 'String' && { StringAttributeConstraints: { MinLength: '0', MaxLength: '2048' } })),
})
