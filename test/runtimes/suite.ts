// Over 150 lines: the one suite that every runtime runs. Nothing in it is of one runtime: keys are made with WebCrypto.
import {
  allowAnonymous,
  createGuard,
  createVerifier,
  hasScope,
  isAuthError,
  memoryRevocations,
  oidcProvider,
  type UserPoolOptions,
  userPool,
  type VerifiedToken,
} from 'cognito-guard'
import { protect } from 'cognito-guard/fetch'
import { type Signer, signer, textPart } from './signing.js'

/** What the process that starts a runtime hands to it. */
export interface Loopback {
  /** A server's address, under which a user pool's key set is. */
  readonly issuer: string
  /** A token of that pool. */
  readonly token: string
}

/** What became of one check. */
export interface Outcome {
  readonly name: string
  /** Why it failed; `undefined` when it passed. */
  readonly failure?: string
}

/** Runs every check, one after the other. */
export async function run(loopback: Loopback): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const [one, two] = await Promise.all([signer('RS256', 'one'), signer('RS256', 'two')])
  for (const [name, check] of checks({ one, two, loopback })) {
    try {
      await check()
      outcomes.push({ name })
    } catch (error) {
      outcomes.push({
        name,
        failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      })
    }
  }
  return outcomes
}

interface World {
  readonly one: Signer
  readonly two: Signer
  readonly loopback: Loopback
}

type Check = readonly [name: string, check: () => unknown]

const checks = (world: World): readonly Check[] => [
  ...tokens(world),
  ...algorithms(),
  ...keySets(world),
  ...requests(world),
  ...burst(world),
]

function tokens({ one, two, loopback }: World): readonly Check[] {
  const verifier = createVerifier({ issuers: [pool([one])] })
  const verify = (token: string) => verifier.verify(token)
  const refusing = (name: string, make: () => string | Promise<string>, code: string): Check => [
    name,
    async () => same(await codeOf(verify(await make())), code),
  ]
  return [
    [
      'an access token',
      async () => {
        const { principal } = await verify(await one.sign(access()))
        same(
          [principal.kind, principal.subject, principal.scopes, principal.groups],
          ['user', 'alice', ['orders/read'], ['admin']],
        )
      },
    ],
    [
      'an ID token',
      async () => {
        const ids = createVerifier({ issuers: [pool([one], { tokenUse: 'id' })] })
        same((await ids.verify(await one.sign(idClaims()))).principal.tokenUse, 'id')
      },
    ],
    [
      'a machine token',
      async () => {
        const { sub: _, username: __, ...machine } = { ...access(), sub: '', username: '' }
        const { principal } = await verify(await one.sign({ ...machine, sub: clientId }))
        same([principal.kind, principal.subject], ['machine', clientId])
      },
    ],
    [
      'a cached token is the same object',
      async () => {
        const token = await one.sign(access())
        same((await verify(token)) === (await verify(` ${token}`.slice(1))), true)
      },
    ],
    [
      'verifySync: a cached token at once, a new one at once or ERR_KEYS_NOT_LOADED',
      async () => {
        const token = await one.sign(access())
        const first = codeOfSync(() => verifier.verifySync(token))
        same(first === undefined || first === 'ERR_KEYS_NOT_LOADED', true)
        const verified = await verify(token)
        same(verifier.verifySync(token) === verified, true)
      },
    ],
    [
      'claims are frozen, and any Unicode',
      async () => {
        const { claims } = await verify(await one.sign({ ...access(), name: 'Zoë 🙂', deep: [{ a: 1 }] }))
        same(claims.name, 'Zoë 🙂')
        const [deep] = claims.deep as object[]
        same([claims, claims.deep, deep].every(Object.isFrozen), true)
      },
    ],
    refusing('expired', () => one.sign({ ...access(), exp: seconds() - 60 }), 'ERR_TOKEN_EXPIRED'),
    refusing(
      'not valid yet',
      () => one.sign({ ...access(), nbf: seconds() + 60 }),
      'ERR_TOKEN_NOT_YET_VALID',
    ),
    refusing('an ID token where access is asked for', () => one.sign(idClaims()), 'ERR_TOKEN_USE'),
    refusing('another client', () => one.sign({ ...access(), client_id: 'other' }), 'ERR_TOKEN_CLIENT'),
    refusing('a claim of another type', () => one.sign({ ...access(), sub: 7 }), 'ERR_TOKEN_CLAIM'),
    refusing('forged', async () => altered(await one.sign(access())), 'ERR_TOKEN_SIGNATURE'),
    refusing('another key under the key ID', () => two.sign(access(), { kid: 'one' }), 'ERR_TOKEN_SIGNATURE'),
    refusing('an unknown key ID', () => two.sign(access()), 'ERR_TOKEN_KEY'),
    refusing(
      'alg none',
      () => `${textPart({ alg: 'none', kid: 'one' })}.${textPart(access())}.AA`,
      'ERR_TOKEN_ALGORITHM',
    ),
    refusing('another pool', () => one.sign({ ...access(), iss: `${iss}x` }), 'ERR_TOKEN_ISSUER'),
    [
      'junk',
      async () => {
        const token = await one.sign(access())
        const junk = ['', '.', '..', 'a.b.c', 'x', `${token}.`, `${token}=`, ` ${token}`, `${token}\n`]
        for (const text of [...junk, token.replace('.', ' .'), token.replaceAll('_', '/'), 'é.é.é']) {
          if (text !== token)
            same([text.length, await codeOf(verify(text))], [text.length, 'ERR_TOKEN_MALFORMED'])
        }
      },
    ],
    ...[0, 1, 2].map(
      (part): Check => [
        `another spelling of part ${part}`,
        async () => {
          // of every length that leaves spare bits, and of one that does not
          for (const padding of ['', 'x', 'xx']) {
            const parts = (await one.sign({ ...access(), jti: padding }, { x: padding })).split('.')
            const text = parts[part] as string
            for (const other of spellings(text))
              same(
                [other, await codeOf(verify(parts.with(part, other).join('.')))],
                [other, 'ERR_TOKEN_MALFORMED'],
              )
          }
        },
      ],
    ),
    [
      'a character that ends in the byte of another',
      async () => {
        const token = await one.sign(access())
        for (const at of [3, token.indexOf('.') + 3, token.length - 3]) {
          const twin = String.fromCharCode(token.charCodeAt(at) + 0x100)
          same(await codeOf(verify(token.slice(0, at) + twin + token.slice(at + 1))), 'ERR_TOKEN_MALFORMED')
        }
      },
    ],
    [
      'a key set over the network',
      async () => {
        const at = createVerifier({ issuers: [pool([], loopbackPool(loopback))] })
        await at.ready()
        same((await at.verify(loopback.token)).principal.subject, 'alice')
        at.close()
      },
    ],
    [
      'nobody at the address of a key set',
      async () => {
        const { issuer } = loopback
        const at = createVerifier({ issuers: [pool([], { ...loopbackPool({ issuer: `${issuer}/none` }) })] })
        same(await codeOf(at.ready()), 'ERR_KEYS_UNAVAILABLE')
        at.close()
      },
    ],
  ]
}

/** Other texts that a lax decoder takes for the same. */
function spellings(text: string): readonly string[] {
  const middle = text.length >> 1
  const inserted = [' ', '\n', '\t', '=', '\u00a0'].flatMap(character => [
    character + text,
    text.slice(0, middle) + character + text.slice(middle),
    text + character,
  ])
  const spare = alphabet.charAt(alphabet.indexOf(text.slice(-1)) + 1)
  const others = [
    ...inserted,
    `${text}==`,
    text.replaceAll('-', '+'),
    text.replaceAll('_', '/'),
    ...(text.length % 4 ? [text.slice(0, -1) + spare] : []),
  ]
  return others.filter(other => other !== text)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function algorithms(): readonly Check[] {
  return (['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const).map(algorithm => [
    `${algorithm} of an OpenID Connect provider`,
    async () => {
      const key = await signer(algorithm, 'one')
      const provider = oidcProvider({
        issuer: 'https://idp.example',
        audience: 'api',
        algorithms: algorithm,
        jwksUri: 'https://idp.example/keys',
        jwks: { keys: [key.jwk] },
        offline: true,
      })
      const { verify } = createVerifier({ issuers: [provider], cache: false })
      const claims = () => ({ iss: 'https://idp.example', aud: 'api', sub: 'bob', exp: seconds() + 300 })
      const token = await key.sign(claims())
      for (let i = 0; i < 3; i++) same((await verify(token)).principal.subject, 'bob')
      same(await codeOf(verify(altered(token))), 'ERR_TOKEN_SIGNATURE')
      const [header, , signature] = token.split('.')
      const forged = `${header}.${textPart({ ...claims(), sub: 'eve' })}.${signature}`
      same(await codeOf(verify(forged)), 'ERR_TOKEN_SIGNATURE')
      const atOnce = await Promise.all([forged, token, forged, token].map(each => codeOf(verify(each))))
      same(atOnce, ['ERR_TOKEN_SIGNATURE', undefined, 'ERR_TOKEN_SIGNATURE', undefined])
      const short = token.slice(0, token.lastIndexOf('.') + 5)
      same(await codeOf(verify(short)), 'ERR_TOKEN_SIGNATURE')
    },
  ])
}

/** Key sets that are fetched, by a double of `fetch`; the clock is set by hand. */
function keySets({ one, two }: World): readonly Check[] {
  const cold = (name: string, answer: () => Promise<Response>): Check => [
    `no keys, and the issuer ${name}`,
    async () => {
      const at = lab(one, answer)
      same(await codeOf(at.verifier.verify(await one.sign(access()))), 'ERR_KEYS_UNAVAILABLE')
      same(at.verifier.health()[0]?.state, 'empty')
      at.verifier.close()
    },
  ]
  return [
    [
      'ready, health, close',
      async () => {
        const at = lab(one)
        same(at.verifier.health()[0]?.state, 'empty')
        await at.verifier.ready()
        same([at.verifier.health()[0]?.state, at.verifier.health()[0]?.keys], ['fresh', 1])
        at.verifier.close()
        same((await at.verifier.verify(await one.sign(access()))).principal.subject, 'alice')
      },
    ],
    [
      'a rotation is found by its first token',
      async () => {
        const at = lab(one)
        await at.verifier.ready()
        at.answer = async () => keysIn(one, two)
        same((await at.verifier.verify(await two.sign(access()))).principal.subject, 'alice')
        at.verifier.close()
      },
    ],
    [
      'a withdrawn key takes its cached tokens with it',
      async () => {
        const at = lab(one)
        const token = await one.sign({ ...access(), exp: seconds() + 7_200 })
        await at.verifier.verify(token)
        at.answer = async () => keysIn(two)
        at.time += 900_000
        same(await codeOf(at.verifier.verify(token)), 'ERR_TOKEN_KEY')
        at.verifier.close()
      },
    ],
    [
      'an outage while there are keys goes unnoticed',
      async () => {
        const at = lab(one)
        const token = await one.sign({ ...access(), exp: seconds() + 7_200 })
        await at.verifier.ready()
        at.answer = down
        at.time += 3_600_000
        for (let i = 0; i < 3; i++) same((await at.verifier.verify(token)).principal.subject, 'alice')
        at.verifier.close()
      },
    ],
    cold('is down', down),
    cold('answers 503', async () => new Response('', { status: 503 })),
    cold(
      'redirects',
      async () => new Response('', { status: 302, headers: { location: 'https://elsewhere.example' } }),
    ),
    cold('answers without end', async () => new Response(endless())),
    cold('answers with a page', async () => new Response('<html>')),
    cold('does not answer', () => new Promise(() => {})),
    [
      'many at once fetch once',
      async () => {
        const at = lab(one)
        const tokens = await Promise.all(
          Array.from({ length: 40 }, (_, i) => one.sign({ ...access(), jti: `${i}` })),
        )
        await Promise.all(tokens.map(token => at.verifier.verify(token)))
        same(at.requests, 1)
        at.verifier.close()
      },
    ],
  ]
}

function requests({ one }: World): readonly Check[] {
  const revocations = memoryRevocations()
  const verifier = createVerifier({ issuers: [pool([one])], revocations })
  const guard = createGuard({ verifier })
  const handler = (_: Request, auth: VerifiedToken | undefined) =>
    new Response(auth ? auth.principal.subject : 'nobody')
  const get = (authorization?: string) =>
    new Request(
      'https://api.example/orders',
      authorization === undefined ? {} : { headers: { authorization } },
    )
  const answers = async (response: Response | Promise<Response>, status: number, ...says: RegExp[]) => {
    const { status: found, headers } = await response
    const all = `${headers.get('www-authenticate')} retry-after: ${headers.get('retry-after')}`
    same([found, says.filter(pattern => !pattern.test(all)).map(String)], [status, []])
  }
  return [
    [
      '200',
      async () => {
        const response = await protect(guard)(handler)(get(`Bearer ${await one.sign(access())}`))
        same([response.status, await response.text()], [200, 'alice'])
      },
    ],
    ['401 for no token', () => answers(protect(guard)(handler)(get()), 401, /^Bearer realm="api" /)],
    [
      '401 for a bad one',
      async () =>
        answers(
          protect(guard)(handler)(get(`Bearer ${altered(await one.sign(access()))}`)),
          401,
          /invalid_token/,
        ),
    ],
    [
      '403 names the scope',
      async () =>
        answers(
          protect(guard, hasScope('orders/write'))(handler)(get(`Bearer ${await one.sign(access())}`)),
          403,
          /insufficient_scope/,
          /scope="orders\/write"/,
        ),
    ],
    [
      '503 says when to come again',
      async () => {
        const at = lab(one, down)
        const response = protect(createGuard({ verifier: at.verifier }))(handler)(
          get(`Bearer ${await one.sign(access())}`),
        )
        await answers(response, 503, /retry-after: \d/)
        at.verifier.close()
      },
    ],
    [
      '400 for two tokens',
      async () => {
        const token = await one.sign(access())
        const request = get(`Bearer ${token}`)
        request.headers.append('authorization', `Bearer ${token}`)
        await answers(protect(guard)(handler)(request), 400, /invalid_request/)
      },
    ],
    [
      'anonymous: no token passes, a bad one does not',
      async () => {
        const open = protect(allowAnonymous(guard))(handler)
        same(await (await open(get())).text(), 'nobody')
        await answers(open(get('Bearer x')), 401)
      },
    ],
    [
      'a revoked session, cached or not',
      async () => {
        const session = { ...access(), origin_jti: 'a-session' }
        const [seen, fresh] = [await one.sign(session), await one.sign({ ...session, jti: 'other' })]
        revocations.revokeSession(await verifier.verify(seen))
        same(
          [await codeOf(verifier.verify(seen)), await codeOf(verifier.verify(fresh))],
          ['ERR_TOKEN_REVOKED', 'ERR_TOKEN_REVOKED'],
        )
      },
    ],
  ]
}

/** Buffers are reused between tokens: none may be verified with the bytes of another. */
function burst({ one }: World): readonly Check[] {
  return [
    [
      'a burst of genuine and forged tokens, each gets its own answer',
      async () => {
        const verifier = createVerifier({ issuers: [pool([one])], cache: false })
        const genuine = await Promise.all(
          Array.from({ length: 64 }, (_, i) => one.sign({ ...access(), jti: `${i}` })),
        )
        const mixed = genuine.flatMap(token => [altered(token), token])
        const codes = await Promise.all(mixed.map(token => codeOf(verifier.verify(token))))
        same(codes.filter((code, i) => code !== (i % 2 ? undefined : 'ERR_TOKEN_SIGNATURE')).length, 0)
      },
    ],
  ]
}

/** A verifier whose key set is fetched with a double; `answer` and `time` may be set. */
function lab(key: Signer, answer: () => Promise<Response> = async () => keysIn(key)) {
  const start = Date.now()
  const at = { answer, time: 0, requests: 0 }
  const issuer = pool([], {
    fetch: () => {
      at.requests++
      return at.answer()
    },
    fetchTimeout: 0.2,
    monotonic: { now: () => at.time },
  })
  const verifier = createVerifier({ issuers: [issuer], clock: { now: () => start + at.time } })
  return Object.assign(at, { verifier })
}

type PoolOptions = Partial<Omit<UserPoolOptions<'access' | 'id'>, never>>

/** A user pool: offline with the keys of signers, or as the options say without any. */
const pool = (signers: readonly Signer[], options: PoolOptions = {}) =>
  userPool({
    userPoolId,
    clientId,
    ...(signers.length > 0 && { jwks: { keys: signers.map(({ jwk }) => jwk) }, offline: true }),
    ...options,
  } as UserPoolOptions<'access' | 'id'>)

const loopbackPool = ({ issuer }: Pick<Loopback, 'issuer'>): PoolOptions => ({
  issuer,
  insecureLoopbackHttp: true,
  fetchTimeout: 2,
})

const keysIn = (...signers: Signer[]) => Response.json({ keys: signers.map(({ jwk }) => jwk) })

const down = () => Promise.reject(new TypeError('fetch failed'))

const endless = () =>
  new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(65_536))
    },
  })

function altered(token: string): string {
  const at = token.lastIndexOf('.') + 20
  return token.slice(0, at) + (token.charAt(at) === 'A' ? 'B' : 'A') + token.slice(at + 1)
}

const codeOf = (result: Promise<unknown>) => result.then(() => undefined, code)

function codeOfSync(call: () => unknown): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return code(error)
  }
}

/** The code of a refusal; what else was thrown is thrown again. */
function code(error: unknown): string {
  if (isAuthError(error)) return error.code
  throw error
}

function same(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`found ${a}, wanted ${b}`)
}

const seconds = () => Math.floor(Date.now() / 1_000)

/** The claims of an access token, as Amazon Cognito documents them. */
export const access = () => ({
  iss,
  client_id: clientId,
  token_use: 'access',
  sub: 'alice',
  username: 'alice',
  scope: 'orders/read',
  'cognito:groups': ['admin'],
  jti: 'a-token',
  origin_jti: 'a-sign-in',
  iat: seconds(),
  auth_time: seconds(),
  exp: seconds() + 3_600,
})

const idClaims = () => {
  const { client_id: aud, username, scope: _, ...claims } = access()
  return { ...claims, aud, token_use: 'id', 'cognito:username': username }
}

export const userPoolId = 'eu-west-1_AbCdEf123'
export const clientId = '1example23456789'
const iss = `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`
