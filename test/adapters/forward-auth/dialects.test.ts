import {
  allowAnonymous,
  createGuard,
  createVerifier,
  hasScope,
  inGroup,
  isRead,
  userPool,
} from 'cognito-guard'
import { createForwardAuth } from 'cognito-guard/forward-auth'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { ask, listening } from './serve.js'

const issuer = createTestIssuer()
const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
const token = issuer.accessToken({ scopes: ['orders/read'], groups: ['readers'] })
const bearer = ['Authorization', `Bearer ${token}`] as const

t.test('a first check of each dialect', async t => {
  const auth = createForwardAuth({
    default: createGuard({ verifier }),
    admin: createGuard({ verifier, policy: inGroup('admin') }),
    open: allowAnonymous(createGuard({ verifier })),
    read: createGuard({ verifier, policy: isRead }),
    scope: createGuard({ verifier, policy: hasScope('x/y') }),
  })
  const port = await listening(t, auth.handler)
  for (const path of ['/auth-request', '/forward-auth', '/haproxy', '/ext-authz/default/orders?x=1']) {
    t.equal((await ask(port, path)).status, 401, path)
    const good = await ask(port, path, [bearer])
    t.equal(good.status, 200, path)
  }
  t.equal((await ask(port, '/auth-request/admin', [bearer])).status, 403)
  t.equal((await ask(port, '/auth-request/open')).status, 200)
  t.equal((await ask(port, '/auth-request/read', [bearer])).status, 403)
  t.equal((await ask(port, '/auth-request/read', [bearer, ['X-Original-Method', 'HEAD']])).status, 200)
  t.equal((await ask(port, '/auth-request/nope', [bearer])).status, 500)
})
