import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { App, Validations } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { stacks } from '../stacks/index.ts'
import './keys-on-loopback.mjs'

const folder = fileURLToPath(new URL('../dist/', import.meta.url))

/** Synthesizes all stacks, as `cdk synth` does, and returns what is in them. */
export function synthesized(name: string, context: Record<string, string> = {}) {
  const outdir = `${folder}${name}`
  rmSync(outdir, { recursive: true, force: true })
  const app = new App({ outdir, analyticsReporting: false, context: { ...flags, ...context } })
  stacks(app)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  app.synth()
  const template = (stack: string) =>
    Template.fromStack(app.node.findChild(stack) as import('aws-cdk-lib').Stack)
  return {
    outdir,
    template,
    /** The bundle of a function or an image, by the construct that it is of. */
    bundle(stack: string, construct: string): string {
      const { files, dockerImages } = JSON.parse(readFileSync(`${outdir}/${stack}.assets.json`, 'utf8'))
      const assets: Asset[] = [...Object.values<Asset>(files), ...Object.values<Asset>(dockerImages)]
      const found = assets.find(({ displayName }) => displayName.split('/').includes(construct))
      const file = `${outdir}/${found?.source.path ?? found?.source.directory}/index.mjs`
      if (!existsSync(file)) throw new Error(`no bundle of ${stack}/${construct}`)
      return file
    },
  }
}

interface Asset {
  readonly displayName: string
  readonly source: { readonly path?: string; readonly directory?: string }
}

/** What cdk.json sets. */
const { context: flags } = (await import('../cdk.json', { with: { type: 'json' } })).default

export const userPoolId = 'eu-west-1_AbCdEf123'
export const clientId = '1example23456789'
export const issuer = `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`
export const loadBalancerArn =
  'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/app/0123456789abcdef'

const pool = await generateKeyPair('RS256')
const balancer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const balancerKid = '8a1e3f5c-0000-4000-8000-000000000000'
const seconds = () => Math.floor(Date.now() / 1000)

/** An access token of the pool, as Cognito makes it. */
export const accessToken = (claims: Record<string, unknown> = {}) =>
  new SignJWT({
    sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    iss: issuer,
    client_id: clientId,
    token_use: 'access',
    scope: 'orders/read',
    auth_time: seconds(),
    iat: seconds(),
    exp: seconds() + 900,
    jti: crypto.randomUUID(),
    origin_jti: crypto.randomUUID(),
    username: 'ada',
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'pool' })
    .sign(pool.privateKey)

/** What a load balancer says of a signed-in user: base64url with padding. */
export function dataToken(): string {
  const header = {
    typ: 'JWT',
    kid: balancerKid,
    alg: 'ES256',
    iss: issuer,
    client: clientId,
    signer: loadBalancerArn,
    exp: seconds() + 120,
  }
  const claims = {
    sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    username: 'ada',
    exp: header.exp,
    iss: issuer,
  }
  const encoded = (part: Buffer) => part.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  const signed = [header, claims].map(part => encoded(Buffer.from(JSON.stringify(part)))).join('.')
  const signature = sign('sha256', Buffer.from(signed), {
    key: balancer.privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  return `${signed}.${encoded(signature)}`
}

/** Serves both keys where AWS would. */
const keys = createServer(async ({ url = '' }, response) => {
  if (url.startsWith('/cognito-idp.'))
    response.end(
      JSON.stringify({
        keys: [{ ...(await exportJWK(pool.publicKey)), kid: 'pool', alg: 'RS256', use: 'sig' }],
      }),
    )
  else if (url === `/public-keys.auth.elb.eu-west-1.amazonaws.com/${balancerKid}`)
    response.end(balancer.publicKey.export({ type: 'spki', format: 'pem' }))
  else response.writeHead(404).end()
}).listen(0, '127.0.0.1')
await once(keys, 'listening')
keys.unref()
export const keysPort = String((keys.address() as AddressInfo).port)

let loaded = 0

/** Loads a bundle as a new execution environment does. Without keys: nobody can be asked for them. */
export async function coldStart(
  file: string,
  { withKeys = true, environment = {} }: { withKeys?: boolean; environment?: Record<string, string> } = {},
): Promise<Record<string, (event: unknown, context?: unknown) => Promise<any>>> {
  Object.assign(process.env, { USER_POOL_ID: userPoolId, CLIENT_ID: clientId, ...environment })
  process.env.KEYS_PORT = withKeys ? keysPort : '1'
  return await import(`${pathToFileURL(file)}?${loaded++}`)
}

/** Starts a bundle that is a server; resolves to its address. */
export async function started(file: string, environment: Record<string, string>) {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', fileURLToPath(new URL('./keys-on-loopback.mjs', import.meta.url)), file],
    { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  for await (const line of createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })) {
    const { listening } = JSON.parse(line)
    if (!listening) continue
    child.stdout?.resume()
    return {
      url: `http://127.0.0.1:${listening.port}`,
      stop: async () => {
        child.kill('SIGTERM')
        if (child.exitCode === null) await once(child, 'exit')
      },
    }
  }
  throw new Error('it ended')
}
