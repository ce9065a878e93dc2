/**
 * Types `request.auth` in Fastify: `import 'cognito-guard/fastify/request'`.
 *
 * @module
 */
import type { VerifiedToken } from '../src/types.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified token, on routes behind `protect`. */
    auth: VerifiedToken
  }
}
