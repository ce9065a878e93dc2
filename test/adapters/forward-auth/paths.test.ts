import type { Policy } from 'cognito-guard'
import { createForwardAuth } from 'cognito-guard/forward-auth'
import t from 'tap'
import { ask, good, guardWith, listening } from './fixture.js'

/** Paths that proxies and backends read alike. */
const plain = [
  '/',
  '/public',
  '/public/',
  '/a/b.c/d-e_f~g',
  '/a/...',
  '/a/.well-known/x..y',
  "/a!$&'()*+,=:@b",
  '/a%20b%21%22',
  '/100%25',
  '/100%25/x',
  '/caf%C3%A9',
  '/%E6%97%A5',
  '/%F0%9F%98%80',
  '/public?q=/../admin;x=%2e#'.replace('#', ''),
  '/public?q=a%2Fb\\c|{}',
  '/public?a?b',
]

/** Paths that some read in another way. */
const notPlain = [
  '',
  'public',
  '*',
  '//public',
  '/public//x',
  '/public//',
  '/./public',
  '/public/.',
  '/public/./x',
  '/public/../admin',
  '/public/..',
  '/..',
  '/public/..?x',
  '/%2e%2e/admin',
  '/public/%2E%2E/admin',
  '/public/.%2e/admin',
  '/%70ublic',
  '/p%75blic',
  '/a%2db',
  '/a%5Fb',
  '/a%7Eb',
  '/public%2fadmin',
  '/public%2Fadmin',
  '/public%5cadmin',
  '/public%5Cadmin',
  '/public\\..\\admin',
  '/public;x=1',
  '/public;/../admin',
  '/public%3Bx',
  '/public%3bx',
  '/public%3Fx',
  '/public%23x',
  '/public#x',
  '/public?x#y',
  '/public?x=é',
  '/caf%c3%a9',
  '/public/%252e%252e/admin',
  '/public%252fadmin',
  '/public%00',
  '/public%0A',
  '/public%7F',
  '/public%',
  '/public%2',
  '/public%zz',
  '/public%u002e',
  '/caf\u00e9',
  '/%C0%AE%C0%AE/admin',
  '/%C0%AFadmin',
  '/%E0%80%AEadmin',
  '/%FFadmin',
  '/public%EF%BC%8Fadmin',
  '/%EF%BC%8E%EF%BC%8E/admin',
  '/cafe%CC%81',
  '/public|x',
  '/public"x',
  '/public<x>',
  '/public^x',
  '/public{x}',
  '/public`x',
  '/public[x]',
  'http://api.example.com/public',
]

t.test('a policy by path gets what everybody reads alike, or the request is refused', async t => {
  const seen: (string | undefined)[] = []
  const reads: Policy = (_auth, { url }) => {
    seen.push(url)
    return true
  }
  const later: Policy = async (auth, request) => reads(auth, request)
  const port = await listening(
    t,
    createForwardAuth({
      default: guardWith({ policy: reads }),
      later: guardWith({ policy: later }),
      blind: guardWith(),
    }).handler,
  )
  const uri = (path: string) => ['X-Original-URI', Buffer.from(path).toString('latin1')] as const
  for (const path of plain) {
    for (const check of ['/auth-request', '/auth-request/later'])
      t.equal((await ask(port, check, [good, uri(path)])).status, 200, path)
    t.equal(seen.at(-1), path, 'as it was sent')
    t.equal((await ask(port, `/ext-authz/default${path}`, [good])).status, 200, path)
  }
  const count = seen.length
  for (const path of notPlain) {
    if (path === '') continue
    for (const check of ['/auth-request', '/auth-request/later']) {
      const answered = await ask(port, check, [good, uri(path)])
      t.equal(answered.status, 400, path)
      t.match(JSON.parse(answered.body), { error: 'invalid_request' })
    }
    if (path.startsWith('/') && !/[\u0080-\uffff]/.test(path))
      t.equal((await ask(port, `/ext-authz/default${path}`, [good])).status, 400, `Envoy: ${path}`)
  }
  t.equal(seen.length, count, 'no policy has seen one')
  t.equal(
    (await ask(port, '/auth-request/blind', [good, uri('/a//%2e%2e/b;c')])).status,
    200,
    'who does not look at the path does not mind',
  )
})

t.test('routes', async t => {
  const guards = Object.fromEntries(
    ['everything', 'orders', 'order', 'admin', 'deep', 'status'].map(realm => [realm, guardWith({ realm })]),
  )
  const routes = {
    '/*': 'everything',
    '/orders': 'orders',
    '/orders/special': 'order',
    '/admin/*': 'admin',
    '/admin/deep/er/*': 'deep',
    '/status/': 'status',
  }
  const auth = createForwardAuth({ ...guards, default: guardWith({ realm: 'never' }) }, { routes })
  const port = await listening(t, auth.handler)
  const realmOf = async (path: string) => {
    const { status, headers } = await ask(port, '/forward-auth', [['X-Forwarded-Uri', path]])
    return status === 401 ? /realm="(.*?)"/.exec(headers.get('www-authenticate') as string)?.[1] : status
  }
  const cases: readonly [path: string, realm: string | number][] = [
    ['/', 'everything'],
    ['/x', 'everything'],
    ['/orders', 'orders'],
    ['/orders?x=/admin/', 'orders'],
    ['/orders/special', 'order'],
    ['/orders/1', 'everything'],
    ['/ordersx', 'everything'],
    ['/admin', 'admin'],
    ['/admin/', 'admin'],
    ['/admin/x', 'admin'],
    ['/admin/deep', 'admin'],
    ['/admin/deep/er', 'deep'],
    ['/admin/deep/er/x/y', 'deep'],
    ['/admin/deep/erx', 'admin'],
    ['/administrator', 'everything'],
    ['/status/', 'status'],
    // what another route is for but for its case, or a slash
    ['/Admin', 400],
    ['/ADMIN/x', 400],
    ['/Orders', 400],
    ['/orders/', 400],
    ['/status', 400],
    ['/orders//special', 400],
    ['/admin/../orders', 400],
    ['/%61dmin', 400],
  ]
  for (const [path, realm] of cases) t.equal(await realmOf(path), realm, path)
  t.equal((await ask(port, '/forward-auth')).status, 400, 'routes need the path')
  t.equal(
    (await ask(port, '/ext-authz/default/admin/x')).headers.get('www-authenticate'),
    'Bearer realm="admin"',
  )
  t.equal((await ask(port, '/ext-authz/default/admin/../x')).status, 400)
  t.equal(
    (await ask(port, '/forward-auth/orders')).headers.get('www-authenticate'),
    'Bearer realm="orders"',
    'a name goes before routes',
  )

  const few = createForwardAuth(guards, { routes: { '/orders': 'orders', '/admin/*': 'admin' } })
  const other = await listening(t, few.handler)
  for (const path of ['/', '/x', '/orders/1', '/administrator'])
    t.equal(
      (await ask(other, '/forward-auth', [good, ['X-Forwarded-Uri', path]])).status,
      403,
      `${path} has no route`,
    )
  t.equal((await ask(other, '/forward-auth', [good, ['X-Forwarded-Uri', '/orders']])).status, 200)
})
