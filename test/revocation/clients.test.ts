/** The clients and the servers that `redisRevocations` supports: each client with each server, through that server's failures. */
import { readFileSync } from 'node:fs'
import { redisRevocations } from 'cognito-guard/redis'
import t, { type Test } from 'tap'
import { type Connect, clients } from './clients.js'
import { tag } from './deployments/deployment.js'
import { deployments, type Shape } from './deployments/index.js'
import { verifiedTokenOf } from './fixture.js'
import { isDone, needsRedis, needsValkey, type ServerProgram, until, versionOf } from './redis-server.js'

// most of the time is spent waiting for servers
t.jobs = 6

const issuer = 'eu-west-1_AbCdEf123'

for (const shape of Object.keys(deployments) as Shape[]) {
  t.test(`redis-server, ${shape}`, { ...needsRedis, buffered: true }, t => scenario(t, 'redis-server', shape))
  t.test(`valkey-server, ${shape}`, { ...needsValkey, buffered: true }, t =>
    scenario(t, 'valkey-server', shape),
  )
}

t.test('the documentation names the clients that are tested', async t => {
  const root = new URL('../../../', import.meta.url)
  const { devDependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  const documentation = readFileSync(new URL('docs/revocation.md', root), 'utf8')
  for (const name of ['redis', 'ioredis']) {
    const versions = [`${name}-5`, name].map(client => devDependencies[client].replace(/^npm:.*@/, ''))
    t.match(documentation, `\`${name}\` ${versions.join(', ')} `)
  }
})

/** With each client: one process revokes, another follows. After each failure both have the whole list, and so has a process that starts then. */
async function scenario(t: Test, program: ServerProgram, shape: Shape): Promise<void> {
  const { ports, troubles } = await deployments[shape](t, program)
  const pairs = await Promise.all(
    Object.entries(clients[shape]).map(async ([name, connect]) => {
      const start = () => process(t, `${tag} ${name}`, () => connect(t, ports))
      const [writer, follower] = await Promise.all([start(), start()])
      return { name, start, writer, follower }
    }),
  )
  t.comment(`${program} ${versionOf(program)}, ${shape}: ${pairs.map(({ name }) => name).join(', ')}`)

  const revoked: string[] = []
  async function revoke(session: string): Promise<void> {
    await Promise.all(
      pairs.map(async ({ name, writer, follower }) => {
        await until(`${name} has it`, () => isDone(writer.revokeSession({ issuer, session })))
        await until(`${name} knows it`, () => follower.isSignedOut(session))
      }),
    )
    revoked.push(session)
  }

  for (const trouble of troubles) {
    await revoke(`before ${trouble.name}`)
    await trouble.happens(() => revoke(`while ${trouble.name}`))
    await revoke(`after ${trouble.name}`)
    await Promise.all(
      pairs.map(async ({ name, start, follower }) => {
        t.ok(revoked.every(follower.isSignedOut), `${name}: ${trouble.name}`)
        t.notOk(follower.isSignedOut('another'))
        const late = await start()
        await until(`${name}: one that starts later knows all`, () => revoked.every(late.isSignedOut))
        late.close()
      }),
    )
  }
}

/** A process that has the list. */
async function process(t: Test, key: string, connect: () => ReturnType<Connect>) {
  const client = await connect()
  const revocations = redisRevocations({ client, key, staleAfter: 60, whenStale: 'refuse' })
  t.teardown(() => revocations.close())
  await until('it is ready', () => isDone(revocations.ready()))
  return {
    ...revocations,
    isSignedOut: (session: string) =>
      revocations.isRevoked(verifiedTokenOf({ issuer, origin_jti: session }), Date.now()),
  }
}
