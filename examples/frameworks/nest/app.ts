import { Controller, Get, Module, UseGuards } from '@nestjs/common'
import { hasScope, inGroup, type VerifiedToken } from 'cognito-guard'
import { Auth, CognitoGuard, Require } from './cognito.guard.js'

@Controller()
@UseGuards(CognitoGuard)
class OrdersController {
  @Get('me')
  me(@Auth() auth: VerifiedToken) {
    return auth.principal
  }

  @Get('orders')
  @Require(hasScope('orders/read'))
  orders(@Auth() auth: VerifiedToken) {
    return auth.principal
  }
}

@Controller('admin')
@UseGuards(CognitoGuard)
@Require(inGroup('admin'))
class AdminController {
  @Get()
  admin(@Auth() auth: VerifiedToken) {
    return auth.principal
  }

  @Get('orders')
  @Require(hasScope('orders/read'))
  orders(@Auth() auth: VerifiedToken) {
    return auth.principal
  }
}

@Module({ controllers: [OrdersController, AdminController] })
export class AppModule {}
