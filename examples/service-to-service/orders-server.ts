// BILLING_URL=http://127.0.0.1:3001 TOKEN_FILE=/var/run/secrets/billing/token PORT=3000 node dist/examples/service-to-service/orders-server.js
import { readFile } from 'node:fs/promises'
import { listen } from '../listen.js'
import { createOrders } from './orders.js'

const { BILLING_URL: billing = '', TOKEN_FILE: tokenFile = '' } = process.env

listen(createOrders({ billing, token: () => readFile(tokenFile, 'utf8') }), '/orders/1', () => {})
