import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  type AssertionKey,
  type AssertionOptions,
  createForwardAuth,
  type ForwardAuth,
  type ForwardAuthGuard,
  type ForwardAuthOptions,
} from '../../../adapters/forward-auth/index.js'
import {
  allowAnonymous,
  createGuard,
  createVerifier,
  type GuardOptions,
  type RevocationList,
  type TrustedIssuer,
  type Verifier,
} from '../../index.js'
import { type Attempt, attempting } from './attempt.js'
import type { GuardInFile, ServeFile } from './file.js'
import { issuerOf, type OnKeys } from './issuers.js'
import { policyOf, tokenSourceOf } from './policies.js'
import type { Report } from './shapes.js'

/** What the guards of a file work with. */
export interface Fittings extends Pick<ForwardAuthOptions, 'onAnswer' | 'onWarning' | 'isReady'> {
  /** The configuration file; others are named from its folder. */
  readonly from: string
  readonly revocations?: RevocationList
  /** Called with what happens to the keys of an issuer, by its name. */
  readonly onKeys?: (issuer: string, ...event: Parameters<OnKeys>) => void
}

/** What a file describes. */
export interface Built {
  readonly auth: ForwardAuth
  readonly verifiers: readonly Verifier[]
}

/** Returns what a file describes; `undefined`, and every mistake reported, where a value is wrong. */
export function buildFrom(file: ServeFile, { from, revocations, onKeys, ...rest }: Fittings, report: Report) {
  // Over 40 lines: the parts of one file, each made of those before.
  let isRight = true
  const note: Report = (place, problem) => {
    isRight = false
    report(place, problem)
  }
  const attempt = attempting(note)
  const issuers = new Map<string, TrustedIssuer>()
  for (const [name, issuer] of Object.entries(file.issuers)) {
    const made = issuerOf(name, issuer, attempt, onKeys && (event => onKeys(name, event)))
    if (made) issuers.set(name, made)
  }
  const verifiers = new Map<string, Verifier>()
  const verifierFor = (names: readonly string[]): Verifier => {
    const key = names.toSorted().join(' ')
    const known = verifiers.get(key)
    if (known) return known
    const made = createVerifier({
      ...file.verifier,
      issuers: [...new Set(names)].map(name => issuers.get(name) as TrustedIssuer),
      ...(revocations && { revocations }),
    })
    verifiers.set(key, made)
    return made
  }
  const guards: Record<string, ForwardAuthGuard> = {}
  for (const [name, guard] of Object.entries(file.guards)) {
    const place = `guards.${name}`
    const unknown = (guard.issuers ?? []).findIndex(each => !Object.hasOwn(file.issuers, each))
    if (unknown >= 0) note(`${place}.issuers[${unknown}]`, 'is the name of no issuer')
    const parts = partsOf(guard, place, attempt)
    if (!isRight) continue
    const verifier = verifierFor(guard.issuers ?? [...issuers.keys()])
    const made = attempt(place, guard, () => guardOf(guard, { ...parts, verifier }), undefined)
    if (made) guards[name] = made
  }
  const assertion = assertionOf(file.assertion, from, note)
  if (!isRight) return undefined
  const { routes, headers, peers, removeAuthorization } = file
  const auth = attempt(
    '',
    file,
    () =>
      createForwardAuth(guards, {
        ...(routes && { routes }),
        ...(headers && { headers }),
        ...(peers !== undefined && { peers }),
        ...(removeAuthorization !== undefined && { removeAuthorization }),
        ...(assertion && { assertion }),
        ...rest,
      }),
    undefined,
  )
  return auth && { auth, verifiers: [...verifiers.values()] }
}

const partsOf = ({ policy, token }: GuardInFile, place: string, attempt: Attempt) => ({
  ...(policy !== undefined && { policy: policyOf(policy, `${place}.policy`, attempt) }),
  ...(token !== undefined && { token: tokenSourceOf(token, `${place}.token`, attempt) }),
})

function guardOf(
  { allowAnonymous: isOpen, realm, resourceMetadata, explain }: GuardInFile,
  parts: Pick<GuardOptions, 'verifier' | 'policy' | 'token'>,
): ForwardAuthGuard {
  const guard = createGuard({
    ...parts,
    ...(realm !== undefined && { realm }),
    ...(resourceMetadata !== undefined && { resourceMetadata }),
    ...(explain !== undefined && { explain }),
  })
  return isOpen ? allowAnonymous(guard) : guard
}

/** With the keys in the files. */
function assertionOf(
  assertion: ServeFile['assertion'],
  from: string,
  report: Report,
): AssertionOptions | undefined {
  if (!assertion) return undefined
  const { keyFile, ...rest } = assertion
  if (keyFile === undefined) return rest
  const keys: AssertionKey[] = []
  for (const [index, file] of [keyFile].flat().entries()) {
    const key = keyIn(resolve(dirname(from), file))
    if (key !== undefined) keys.push(key)
    else
      report(
        `assertion.keyFile${typeof keyFile === 'string' ? '' : `[${index}]`}`,
        'cannot be read, or holds neither PEM nor JSON',
      )
  }
  return { ...rest, key: keys }
}

function keyIn(path: string): AssertionKey | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    return text.includes('-----BEGIN') ? text : (JSON.parse(text) as AssertionKey)
  } catch {
    return undefined
  }
}
