// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789 PORT=3000 node dist/examples/fastify/server.js
import { guard } from '../guard.js'
import { serve } from '../serve.js'
import { createApp } from './app.js'

const app = await createApp(guard)
await app.ready()
serve(app.server)
