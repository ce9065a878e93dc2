import type { IncomingMessage } from 'node:http'
import type { VerifiedToken } from 'cognito-guard'

declare global {
  namespace App {
    interface Locals {
      auth: VerifiedToken
    }
    interface Platform {
      readonly req?: IncomingMessage
    }
  }
}
