export { AuthError, type AuthErrorCode, isAuthError, type OAuthError } from './errors.js'
export type * from './types.js'
