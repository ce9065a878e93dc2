import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { AppModule } from './app.js'

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ['error'],
})
await app.listen(Number(process.env.PORT ?? '3000'), '127.0.0.1')
console.log(`Listening on ${await app.getUrl()}`)
