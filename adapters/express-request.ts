/**
 * Types `req.auth` in Express: `import 'cognito-guard/express/request'`.
 *
 * @module
 */
import type { VerifiedToken } from '../src/types.js'

declare global {
  namespace Express {
    /** A request, with the verified token. */
    interface Request {
      /** The verified token, on routes behind `protect`. */
      auth: VerifiedToken
    }
  }
}
