// A container behind a load balancer that signs users in. The guard verifies what the load balancer says of them, and the access token with their groups.
import { behindLoadBalancer, createGuard, inGroup } from 'cognito-guard'
import { protect } from 'cognito-guard/hono'
import { Hono } from 'hono'
import { listen } from './listen.ts'
import { pool } from './pool.ts'

const {
  USER_POOL_ID: userPoolId = '',
  CLIENT_ID: clientId = '',
  LOAD_BALANCER_ARN: loadBalancerArn = '',
} = process.env
const [region] = userPoolId.split('_')

const guard = createGuard(
  behindLoadBalancer({
    loadBalancerArn,
    issuer: `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    clientId,
    accessToken: pool,
  }),
)

const app = new Hono()
// for the load balancer's health checks, which have no user
app.get('/health', c => c.json({ ok: true }))
app.get('/', protect(guard), c => c.json({ subject: c.get('auth').principal.subject }))
app.get('/admin', protect(guard, inGroup('admin')), c => c.json({ groups: c.get('auth').principal.groups }))

listen(app, process.env.LISTEN ?? '0.0.0.0:8080')
