import type { Local } from '../local.js'

/**
 * The discovery document: of the issuer, with the endpoints of this server by the name that was asked (OpenID Connect Discovery 1.0 section 3). Where the
 * configuration has a URL for browsers, they get that one: a server in a container may ask by another name.
 */
export const discoveryDocument = ({ issuer, url, config }: Local) => ({
  issuer,
  authorization_endpoint: `${config.url ?? url}/oauth2/authorize`,
  token_endpoint: `${url}/oauth2/token`,
  userinfo_endpoint: `${url}/oauth2/userInfo`,
  revocation_endpoint: `${url}/oauth2/revoke`,
  end_session_endpoint: `${config.url ?? url}/logout`,
  jwks_uri: `${url}/${config.userPoolId}/.well-known/jwks.json`,
  ...(config.registration.mode !== 'off' && { registration_endpoint: `${url}/oauth2/register` }),
  ...(config.advertisesPkce && { code_challenge_methods_supported: ['S256'] }),
  id_token_signing_alg_values_supported: ['RS256'],
  response_types_supported: ['code'],
  scopes_supported: ['openid', 'email', 'phone', 'profile'],
  subject_types_supported: ['public'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
})
