// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789 PORT=3000 node dist/examples/koa/server.js
import { createServer } from 'node:http'
import { guard } from '../guard.js'
import { serve } from '../serve.js'
import { createApp } from './app.js'

serve(createServer(createApp(guard).callback()))
