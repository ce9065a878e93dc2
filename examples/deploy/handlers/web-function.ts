// A Lambda Web Function: a server of one's own, with nothing in front that authorizes. The guard is the only gate.
import { hasScope, inGroup } from 'cognito-guard'
import { protect } from 'cognito-guard/hono'
import { Hono } from 'hono'
import { guard, verifier } from './guard.ts'
import { listen } from './listen.ts'

const app = new Hono()
app.get('/health', c => c.json(verifier.health()))
app.get('/orders', protect(guard, hasScope('orders/read')), c =>
  c.json({ subject: c.get('auth').principal.subject }),
)
app.all('/admin/*', protect(guard, inGroup('admin')), c =>
  c.json({ subject: c.get('auth').principal.subject }),
)

listen(app, process.env.AWS_LAMBDA_HTTP_ENDPOINT ?? '127.0.0.1:8080')
