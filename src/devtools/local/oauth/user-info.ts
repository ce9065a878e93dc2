import type { Local } from '../local.js'
import { accessOf } from '../user-pool/own-tokens.js'
import type { Session } from '../user-pool/sessions.js'
import { isVisible } from '../user-pool/tokens.js'

/** Answers `/oauth2/userInfo`, where what is a boolean in the ID token is text (userInfo endpoint, Amazon Cognito Developer Guide). */
export async function userInfoEndpoint(local: Local, request: Request): Promise<Response> {
  const token = request.headers.get('authorization')?.match(/^Bearer (.+)$/i)?.[1]
  if (token === undefined) return challenge('invalid_request', 400)
  const access = await accessOf(local, token)
  if (typeof access === 'string' || !access.scopes.includes('openid')) return challenge('invalid_token', 401)
  return Response.json(userInfo(access.session))
}

/** The claims of a user at the userInfo endpoint, which a load balancer repeats. */
export function userInfo({ user, scopes }: Session): Record<string, string> {
  const attributes = Object.entries(user.attributes).filter(([name]) => isVisible(name, scopes))
  return {
    sub: user.sub,
    ...Object.fromEntries(attributes),
    ...(user.identities ? { identities: JSON.stringify(user.identities.map(asAttribute)) } : {}),
    username: user.username,
  }
}

/** As an attribute, `identities` has a boolean and a number where the claim has strings. */
const asAttribute = (identity: Readonly<Record<string, string | null>>) => ({
  ...identity,
  primary: identity.primary === 'true',
  dateCreated: Number(identity.dateCreated),
})

const challenge = (error: keyof typeof descriptions, status: number) => {
  const error_description = descriptions[error]
  const header = `Bearer error="${error}", error_description="${error_description}"`
  return Response.json({ error, error_description }, { status, headers: { 'www-authenticate': header } })
}

/** The texts of AWS (userInfo endpoint, Amazon Cognito Developer Guide). */
const descriptions = {
  invalid_request: 'Bad OAuth2 request at UserInfo Endpoint',
  invalid_token: 'Access token is expired, disabled, or deleted, or the user has globally signed out.',
}
