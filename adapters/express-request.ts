import type { VerifiedToken } from '../src/types.js'

declare global {
  namespace Express {
    interface Request {
      /** The verified token, on routes behind `protect`. */
      auth: VerifiedToken
    }
  }
}
