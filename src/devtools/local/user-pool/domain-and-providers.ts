import { fault, type Operations, required } from '../aws.js'
import { checkAdmin, checkSigned } from './administrators.js'

/** The calls of administrators about the domain, which is only answered, and about the identity providers of the file (Amazon Cognito user pools API reference). */
export const domainAndProviders: Operations = {
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
