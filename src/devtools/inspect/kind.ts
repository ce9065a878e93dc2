import { isOfWorkload } from '../../issuers/workload-names.js'
import { type Decoded, type Json, textOf } from './decode.js'
import type { TokenKind } from './types.js'

/** Returns the kind of a text, and its purpose in a sentence or two. Reads the text as it is, verified or not. */
export function identify(text: string, decoded: Decoded): readonly [kind: TokenKind, description: string] {
  const kind = text === '' ? 'none' : kindOf(text, decoded)
  return [kind, descriptions[kind]]
}

/** Whether a text is a token that a load balancer or Verified Access signs: they have an encoding and keys of their own. */
export const isSignedByAws = ({ header }: Decoded) => header !== undefined && signerOf(header) !== undefined

function kindOf(text: string, { parts, header, claims }: Decoded): TokenKind {
  if (!header) return opaqueKind(text)
  if (parts.length === 5) return header.cty === 'JWT' ? 'refresh' : 'encrypted'
  const signer = signerOf(header)
  if (signer) return signer
  if (!claims || isCutOff(parts, header)) return 'truncated'
  return issuedKind(claims)
}

function signerOf({ signer }: Json): TokenKind | undefined {
  if (typeof signer !== 'string') return undefined
  if (signer.includes(':elasticloadbalancing:')) return 'load-balancer'
  return signer.includes(':verified-access-instance/') ? 'verified-access' : undefined
}

function opaqueKind(text: string): TokenKind {
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return 'authorization-code'
  return text.startsWith('eyJ') ? 'truncated' : 'opaque'
}

/** A signature of RS256 with the smallest key allowed has 256 bytes, one of ES256 64. */
function isCutOff(parts: readonly string[], { alg }: Json): boolean {
  if (parts.length < 3) return true
  const characters = { R: 342, P: 342, E: 86 }[textOf(alg).charAt(0)] ?? 1
  return parts.length === 3 && (parts[2] as string).length < characters
}

function issuedKind(claims: Json): TokenKind {
  const iss = textOf(claims.iss)
  if (identityPoolIssuer.test(iss)) return 'identity-pool'
  if (isOfWorkload(iss)) return 'aws-workload'
  if (claims.token_use === 'id') return 'id'
  if (claims.token_use !== 'access') return 'other-issuer'
  return claims.username === undefined && claims.sub === claims.client_id ? 'machine' : 'access'
}

/** Amazon Cognito Developer Guide, "Developer-authenticated identities"; AWS GovCloud (US) User Guide, "Amazon Cognito". */
const identityPoolIssuer = /^https:\/\/cognito-identity[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?\/?$/

const descriptions: Readonly<Record<TokenKind, string>> = {
  access: 'The access token of a user: what an app calls an API with.',
  machine:
    'The access token of a machine (client credentials): no user, no groups, the client is the subject.',
  id: 'An ID token: it tells an app who its user is. An API is called with the access token that came with it.',
  refresh:
    'A refresh token (five parts, encrypted): only Cognito can read it. An API is called with the access token that it is exchanged for.',
  'load-balancer':
    'The claims of a user as an Application Load Balancer signs them (x-amzn-oidc-data). It is no token of Cognito: the load balancer is its signer.',
  'verified-access': 'The claims of a user as AWS Verified Access signs them (x-amzn-ava-user-context).',
  'identity-pool':
    'An OpenID token of an identity pool: it is exchanged for AWS credentials. APIs behind a user pool do not take it.',
  'aws-workload':
    'The token of an AWS workload, of STS (GetWebIdentityToken) or of an EKS service account: services call each other with it. No user pool has issued it.',
  'other-issuer':
    'A JWT that no user pool has issued: it has no token_use. Perhaps it is the token of the provider that the user signed in with.',
  encrypted:
    'An encrypted token (JWE): nobody but its receiver can read it. Cognito sends none but refresh tokens.',
  'authorization-code':
    'Probably the authorization code of managed login: the app exchanges it for tokens at /oauth2/token, once.',
  opaque: 'Not a JWT: nothing in it can be read.',
  truncated: 'A JWT of which a part is missing: it was cut off, or copied from where it is shown shortened.',
  none: 'There is no token.',
}
