import { type Call, fault, invalid, listOf, members, type Operations, required, textsOf } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalConfig, PoolAttribute } from '../types.js'
import { checkAdmin, checkSigned } from './administrators.js'
import { isAttribute, schemaOf } from './attributes.js'
import { poolType } from './pool-type.js'

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

  ListTagsForResource(local, call) {
    checkSigned(call)
    return { Tags: tagsOf(local) }
  },

  TagResource(local, call) {
    checkSigned(call)
    local.described.UserPoolTags = { ...tagsOf(local), ...members(call.input.Tags) }
    return {}
  },

  UntagResource(local, call) {
    checkSigned(call)
    const gone = textsOf(call.input.TagKeys)
    local.described.UserPoolTags = Object.fromEntries(
      Object.entries(tagsOf(local)).filter(([name]) => !gone.includes(name)),
    )
    return {}
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

const tagsOf = ({ described }: Local) => members(described.UserPoolTags)

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
