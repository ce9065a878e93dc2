/** How each peer verifies a token of one issuer whose keys are loaded: as its documentation says, with the issuer checked. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { verify as honoVerify, verifyWithJwks } from 'hono/jwt'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { peer } from './peers.js'

/** Verifies a token, synchronously or not; throws or rejects to refuse it. */
export type Verify = (token: string) => unknown

/** One user pool, and its public keys as JWKs. */
export interface Pool {
  readonly issuer: string
  readonly userPoolId: string
  readonly clientId: string
  readonly keys: readonly Jwk[]
}

interface Jwk {
  readonly kid: string
  readonly kty: string
}

/** Returns the peers with the pool's first key: those that accept a key directly do no lookup. */
export function withOneKey(pool: Pool): Record<string, Verify> {
  const { issuer, keys } = pool
  const [jwk] = keys as [Jwk]
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  const fast = fastVerifier(pool)
  const { verify: jsonwebtoken } = peer<Jsonwebtoken>('jsonwebtoken')
  return {
    ...awsVerifiers(pool),
    'fast-jwt, synchronous, one key': fast,
    'jsonwebtoken, one KeyObject': token => jsonwebtoken(token, key, { algorithms: ['RS256'], issuer }),
    'jose jwtVerify': joseVerifier(pool),
    'hono/jwt verify': token => honoVerify(token, jwk, { alg: 'RS256', iss: issuer }),
    'express-oauth2-jwt-bearer, its middleware called': bearerVerifier(pool),
  }
}

/** Returns the peers with the pool's keys, looked up by their ID. Where a peer leaves that to the application, a map does it. */
export function withKeySet(pool: Pool): Record<string, Verify> {
  const { issuer, keys } = pool
  const { 'aws-jwt-verify verifySync': aws } = awsVerifiers(pool)
  const found = new Map(keys.map(key => [key.kid, createPublicKey({ key: { ...key }, format: 'jwk' })]))
  const pems = new Map([...found].map(([kid, key]) => [kid, key.export({ format: 'pem', type: 'spki' })]))
  const fast = peer<FastJwt>('fast-jwt').createVerifier({
    key: async ({ header }: { header: Header }) => pems.get(header.kid) ?? unknownKey(),
    algorithms: ['RS256'],
    allowedIss: issuer,
  })
  const jsonwebtoken = peer<Jsonwebtoken>('jsonwebtoken')
  return {
    'aws-jwt-verify': aws,
    jose: joseVerifier(pool),
    'fast-jwt': fast,
    jsonwebtoken: token =>
      new Promise((resolve, reject) => {
        jsonwebtoken.verify(
          token,
          ({ kid }, done) => done(found.has(kid) ? null : new Error('unknown key'), found.get(kid)),
          { issuer, algorithms: ['RS256'] },
          error => (error ? reject(error) : resolve(undefined)),
        )
      }),
    'hono/jwt': token =>
      verifyWithJwks(token, { keys: [...keys], allowedAlgorithms: ['RS256'], verification: { iss: issuer } }),
    'express-oauth2-jwt-bearer': bearerVerifier(pool),
  }
}

/** Returns fast-jwt's verifier with its one key, and a cache of so many tokens. */
export function fastVerifier({ issuer, keys }: Pool, cache?: number): Verify {
  const key = createPublicKey({ key: { ...(keys[0] as Jwk) }, format: 'jwk' })
  return peer<FastJwt>('fast-jwt').createVerifier({
    key: key.export({ format: 'pem', type: 'spki' }),
    algorithms: ['RS256'],
    allowedIss: issuer,
    ...(cache !== undefined && { cache }),
  })
}

function awsVerifiers({ userPoolId, clientId, keys }: Pool) {
  const aws = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: 'access' })
  aws.cacheJwks({ keys: [...keys] } as unknown as Parameters<typeof aws.cacheJwks>[0])
  return {
    'aws-jwt-verify verifySync': token => aws.verifySync(token),
    'aws-jwt-verify verify': token => aws.verify(token),
  } satisfies Record<string, Verify>
}

function joseVerifier({ issuer, keys }: Pool): Verify {
  const set = createLocalJWKSet({ keys: [...keys] })
  return token => jwtVerify(token, set, { issuer, algorithms: ['RS256'] })
}

/**
 * The package exports its middleware and not its verifier: it is called as a router would, with a request that is a plain object.
 * Cognito's access tokens have no audience.
 *
 * @param dpop whether proofs of possession (DPoP) are on, as by its default; no other library checks them
 */
export function bearerVerifier({ issuer, keys }: Pool, dpop = false): Verify {
  const middleware = peer<Bearer>('express-oauth2-jwt-bearer').auth({
    issuer,
    publicKey: { keys },
    audience: 'none',
    validators: { aud: false },
    dpop: { enabled: dpop },
  })
  return token =>
    new Promise((resolve, reject) => {
      middleware(requestWith(token), {}, error => (error ? reject(error) : resolve(undefined)))
    })
}

function requestWith(token: string): object {
  const headers: Readonly<Record<string, string>> = {
    host: 'api.example',
    accept: 'application/json',
    authorization: `Bearer ${token}`,
  }
  return {
    method: 'GET',
    protocol: 'https',
    url: '/orders',
    originalUrl: '/orders',
    headers,
    query: {},
    get: (name: string) => headers[name.toLowerCase()],
    is: () => false,
  }
}

function unknownKey(): never {
  throw new Error('unknown key')
}

type Header = { readonly kid: string }
type FastJwt = { createVerifier(options: object): Verify }
type Jsonwebtoken = {
  verify(token: string, key: KeyObject, options: object): unknown
  verify(
    token: string,
    key: (header: Header, done: (error: unknown, key?: KeyObject) => void) => void,
    options: object,
    done: (error: Error | null) => void,
  ): void
}
type Bearer = {
  auth(options: object): (request: object, response: object, next: (error?: unknown) => void) => unknown
}
