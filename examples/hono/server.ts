// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789 PORT=3000 node dist/examples/hono/server.js
// Elsewhere: export default createApp(guard)
import { createAdaptorServer } from '@hono/node-server'
import { guard } from '../guard.js'
import { serve } from '../serve.js'
import { createApp } from './app.js'

serve(createAdaptorServer(createApp(guard)))
