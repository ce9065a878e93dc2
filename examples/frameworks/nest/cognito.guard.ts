import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  HttpException,
  Injectable,
} from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { every, type Policy, type VerifiedToken } from 'cognito-guard'
import { authOf, markAuthorized, nodeRequestView } from 'cognito-guard/node'
import { guard } from '../guard.js'

/** The policy of a handler or of a whole controller; with both, both must permit. */
export const Require = Reflector.createDecorator<Policy>()

/** The verified token, as an argument of a handler. */
export const Auth = createParamDecorator(
  (_: unknown, context: ExecutionContext): VerifiedToken =>
    authOf(context.switchToHttp().getRequest<object>()),
)

/** With Express and with Fastify: `@UseGuards(CognitoGuard)`, or as `APP_GUARD` for the whole app. */
@Injectable()
export class CognitoGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    if (context.getType() !== 'http') throw new TypeError('CognitoGuard: this is no HTTP request')
    const request = context.switchToHttp().getRequest()
    const targets = [context.getClass(), context.getHandler()]
    const policies = targets.flatMap(target => this.reflector.get(Require, target) ?? [])
    const view = nodeRequestView(request.raw ?? request, request.originalUrl)
    const decision = await guard(view, policies.length > 0 ? every(...policies) : undefined)
    if (decision.authorized) {
      markAuthorized(request, decision)
      return true
    }
    const response = context.switchToHttp().getResponse()
    for (const [name, value] of Object.entries(decision.headers)) response.header(name, value)
    throw new HttpException(decision.body, decision.status)
  }
}
