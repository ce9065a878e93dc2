import type { Local } from '../local.js'
import type { PoolAttribute } from '../types.js'
import { schemaOf } from './attributes.js'

/** `UserPoolType`. */
export function poolType(local: Local) {
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
