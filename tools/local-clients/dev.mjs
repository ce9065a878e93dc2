// Starts `cognito-guard dev` as a user does, and reads its state as a test of theirs would.
import { spawnSync } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { root } from '../../scripts/ensure-installed.mjs'
import { startProgram } from '../../scripts/programs.mjs'

const cli = resolve(root, 'dist/src/cli/main.js')
const folder = import.meta.dirname
export const userPoolId = 'us-east-1_LOCALDEV0'
export const identityPoolId = 'us-east-1:10ca1de0-0000-4000-a000-000000000000'
export const clientId = 'localweb'
export const password = 'Wonderland-1'
/** Of an AWS account that does not exist. */
export const credentials = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local' }

/** The flags that this version has. */
export const flags = new Set(
  spawnSync(process.execPath, [cli, 'dev', '--help'], { encoding: 'utf8' }).stdout.match(/--[a-z-]+/g),
)

/** The three functions of a custom challenge, where triggers can be given. */
export const challengeTriggers = flags.has('--trigger')
  ? ['defineAuthChallenge', 'createAuthChallenge', 'verifyAuthChallengeResponse'].flatMap(name => [
      '--trigger',
      `${name}=${join(folder, 'triggers.mjs')}#${name}`,
    ])
  : []

/** Resolves to a local Cognito in a process of its own, once it listens. */
export async function startDev(config, args = []) {
  const scratch = mkdtempSync(join(tmpdir(), 'cognito-guard-local-'))
  const file = join(scratch, 'dev.json')
  if (config) writeFileSync(file, JSON.stringify(config))
  const child = startProgram(process.execPath, [
    cli,
    'dev',
    '--port',
    '0',
    ...(config ? ['--config', file] : []),
    ...(flags.has('--json') ? ['--json'] : []),
    ...args,
  ])
  const close = async () => {
    child.kill()
    await child.closed
    rmSync(scratch, { recursive: true })
  }
  try {
    const [url] = await child.found(
      flags.has('--json') ? /"url":\s*"(https?:\/\/[^"]+)"/ : /page\s+(https?:\/\/\S+)/,
    )
    return of(url, child.output, close)
  } catch (error) {
    await close()
    throw new Error(child.output(), { cause: error })
  }
}

function of(url, output, close) {
  const client = new CognitoIdentityProviderClient({
    region: 'us-east-1',
    endpoint: url,
    credentials,
    maxAttempts: 1,
  })
  const state = async () => (await fetch(`${url}/_local/state`)).json()
  return {
    url,
    output,
    close,
    state,
    client,
    send: command => client.send(command),
    async control(name, input = {}) {
      const response = await fetch(`${url}/_local/${name}`, { method: 'POST', body: JSON.stringify(input) })
      return response.json()
    },
    /** The code that was sent to a user last. */
    async codeOf(username) {
      const user = (await state()).users.find(user =>
        [user.username, user.attributes.email].includes(username),
      )
      return newestCode(user)
    },
    /** Signs up a new user, and confirms it. */
    async newUser({ attributes = {}, ClientId = clientId } = {}) {
      const username = newName()
      const email = `${username}@example.com`
      await client.send(
        new SignUpCommand({
          ClientId,
          Username: username,
          Password: password,
          UserAttributes: attributesOf({ email, ...attributes }),
        }),
      )
      const ConfirmationCode = await this.codeOf(username)
      await client.send(new ConfirmSignUpCommand({ ClientId, Username: username, ConfirmationCode }))
      return username
    },
    /** The tokens of a user who signs in with a password. */
    async signIn(username, PASSWORD = password, ClientId = clientId) {
      const { AuthenticationResult } = await client.send(
        new InitiateAuthCommand({
          ClientId,
          AuthFlow: 'USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: username, PASSWORD },
        }),
      )
      return AuthenticationResult
    },
  }
}

/** Of the codes that a user has not used, whatever they are for, the one that is valid longest. */
const newestCode = ({ codes }) =>
  Object.values(codes).toSorted((one, other) => other.until - one.until)[0]?.value

export const newName = () => `u${randomUUID().slice(0, 13)}`

export const attributesOf = values => Object.entries(values).map(([Name, Value]) => ({ Name, Value }))

export const valuesOf = attributes => Object.fromEntries(attributes.map(({ Name, Value }) => [Name, Value]))

/** The claims of a token, unverified. */
export const claimsOf = token => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())

export const secretHash = (username, client, secret) =>
  createHmac('sha256', secret).update(`${username}${client}`).digest('base64')

/** The code that an authenticator app shows (RFC 6238). */
export function totp(secret, now = Date.now()) {
  const bits = [...secret.replace(/=+$/, '')]
    .map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)))
  const hash = createHmac('sha1', key).update(counter).digest()
  const offset = hash[19] & 15
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
