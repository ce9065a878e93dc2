// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789 PORT=3000 node dist/examples/fetch/server.js
// Cloudflare Workers and Deno: export default { fetch: createApp(guard) }; Bun: Bun.serve({ fetch: createApp(guard) })
import { createAdaptorServer } from '@hono/node-server'
import { guard } from '../guard.js'
import { serve } from '../serve.js'
import { createApp } from './app.js'

serve(createAdaptorServer({ fetch: createApp(guard) }))
