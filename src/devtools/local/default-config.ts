import type { LocalConfig } from './types.js'

/** The default configuration: alice, an admin; bob, who reads; guests, by the identity pool; a machine; and three providers. */
export const defaultConfig: LocalConfig = {
  userPoolId: 'us-east-1_LOCALDEV0',
  issuer: 'original',
  lifetimes: { access: 3600, id: 3600, refresh: 2_592_000 },
  usernameAttributes: [],
  aliasAttributes: ['email'],
  verifiedBeforeUpdate: [],
  caseSensitive: false,
  passwordPolicy: {
    minimumLength: 8,
    requireLowercase: true,
    requireUppercase: true,
    requireNumbers: true,
    requireSymbols: true,
    temporaryPasswordValidityDays: 7,
  },
  attributes: [],
  groups: [
    { name: 'admin', precedence: 1, role: 'arn:aws:iam::000000000000:role/local-admin' },
    { name: 'readers', precedence: 2, role: 'arn:aws:iam::000000000000:role/local-reader' },
  ],
  users: [
    {
      username: 'alice',
      password: 'Wonderland-1',
      groups: ['admin', 'readers'],
      attributes: { name: 'Alice', 'custom:tenant': 'blue' },
    },
    { username: 'bob', password: 'Builder-1', groups: ['readers'], attributes: { name: 'Bob' } },
  ],
  clients: [
    { clientId: 'localweb' },
    { clientId: 'localmachine', secret: 'local-machine-secret', scopes: ['orders/read', 'orders/write'] },
  ],
  resourceServers: [{ identifier: 'orders', scopes: ['read', 'write'] }],
  identityProviders: [
    {
      name: 'Google',
      type: 'Google',
      users: [{ userId: '118090000000000000001', attributes: { email: 'gina@gmail.example', name: 'Gina' } }],
    },
    {
      name: 'CorpSaml',
      type: 'SAML',
      users: [
        {
          userId: 'sam@corp.example',
          attributes: { email: 'sam@corp.example', 'custom:groups': '[staff, auditors]' },
        },
      ],
    },
  ],
  mfa: { mode: 'OPTIONAL', factors: ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] },
  allowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'],
  passkeys: { relyingPartyId: 'localhost', userVerification: 'preferred' },
  acr: { enabled: false, levels: [1, 2, 3, 4].map(level => `urn:cognito:loa:${level}`) },
  userSessionTracking: false,
  triggers: {},
  registration: { mode: 'off', allowedScopes: [] },
  advertisesPkce: false,
  identityPool: {
    identityPoolId: 'us-east-1:10ca1de0-0000-4000-a000-000000000000',
    accountId: '000000000000',
    allowGuests: true,
    roles: {
      authenticated: 'arn:aws:iam::000000000000:role/local-authenticated',
      unauthenticated: 'arn:aws:iam::000000000000:role/local-guest',
    },
    roleMappings: {
      'cognito-idp.us-east-1.amazonaws.com/us-east-1_LOCALDEV0:localweb': {
        Type: 'Token',
        AmbiguousRoleResolution: 'AuthenticatedRole',
      },
    },
  },
}
