// Every example of examples/frameworks: how it is built, started and asked.

/** Steps that write what is started, and the folder they run in. `after`: those that need what another step writes. */
export const builds = [
  { name: 'types', at: '.', args: ['typescript/bin/tsc', '-p', '.'] },
  { name: 'Next.js', at: 'next', args: ['next/dist/bin/next', 'build'] },
  { name: 'SvelteKit', at: 'sveltekit', args: ['vite/bin/vite.js', 'build'] },
  { name: 'Nitro', at: 'nitro', args: ['nitro/dist/cli/index.mjs', 'build'] },
  { name: 'types of SvelteKit', at: 'sveltekit', args: ['typescript/bin/tsc', '-p', '.'], after: true },
  { name: 'types of Nitro', at: 'nitro', args: ['typescript/bin/tsc', '-p', '.'], after: true },
]

/** The three routes that most of them have: for users, for a scope, for a group. */
const paths = prefix => ({ me: `${prefix}/me`, orders: `${prefix}/orders`, admin: `${prefix}/admin` })
const nest = { ...paths(''), both: '/admin/orders' }
const graphql = what => ({
  path: '/graphql',
  body: { query: `{ ${what} { username } }` },
})

/**
 * `requests` by route: a path, or a path and a body.
 * `needsPort`: port 0 is not taken for one that the system picks.
 * `duplicates: 'first'`: the framework shows the first of two `Authorization` headers alone, so that nobody behind it can refuse them.
 */
export const servers = [
  { name: 'NestJS 11 on Express', args: ['dist/nest/express.js'], requests: nest },
  { name: 'NestJS 11 on Fastify', args: ['dist/nest/fastify.js'], requests: nest },
  {
    name: 'Next.js 16',
    at: 'next',
    args: ['../node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', '0'],
    requests: paths('/api'),
    duplicates: 'first',
    more: [
      { name: 'proxy.ts', requests: { admin: '/area' }, duplicates: 'first' },
      { name: 'edge runtime', requests: { orders: '/api/edge' }, duplicates: 'first' },
      { name: 'server action', action: '/orders' },
    ],
  },
  { name: 'tRPC 11', args: ['dist/trpc.js'], requests: paths('') },
  {
    name: 'GraphQL Yoga 5',
    args: ['dist/yoga.js'],
    requests: { me: graphql('me'), orders: graphql('orders'), admin: graphql('admin') },
  },
  {
    name: 'Apollo Server 5',
    args: ['dist/apollo.js'],
    requests: { me: graphql('me'), orders: graphql('orders'), admin: graphql('admin') },
  },
  { name: 'middy 6', args: ['../../tools/frameworks/lambda-server.mjs', 'middy'], requests: paths('') },
  {
    name: 'Powertools for AWS Lambda, event handler',
    args: ['../../tools/frameworks/lambda-server.mjs', 'powertools'],
    requests: paths(''),
  },
  { name: 'h3 2', args: ['dist/h3.js'], requests: paths('') },
  { name: 'Nitro 3', at: 'nitro', args: ['.output/server/index.mjs'], needsPort: true, requests: paths('') },
  { name: 'SvelteKit 2', at: 'sveltekit', args: ['build'], requests: paths('') },
  { name: 'ws 8', args: ['dist/ws.js'], socket: 'ws' },
  { name: 'Socket.IO 4', args: ['dist/socket-io.js'], socket: 'socket.io' },
]
