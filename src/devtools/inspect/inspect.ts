import type { AuthError } from '../../errors.js'
import type { KeySetEvent } from '../../jwks/jwks.js'
import { type Api, apiOf } from './api.js'
import { causeOf, withOneFix } from './cause.js'
import { type CheckContext, check, claimChecks, formChecks } from './checks.js'
import { type Decoded, decode } from './decode.js'
import { configurationIn, factsOf, findingsOf } from './facts.js'
import type { Input } from './header-input.js'
import { readInput } from './input.js'
import { issuerChecks } from './issuer-checks.js'
import { type Candidate, keyChecks } from './key-checks.js'
import { identify, isSignedByAws } from './kind.js'
import { refusalOf } from './outcome.js'
import { repair } from './repair.js'
import { plainly, redacted } from './show.js'
import { standInFix } from './stand-in.js'
import type { Check, Finding, InspectOptions, Outcome, Report } from './types.js'

export type * from './types.js'

/**
 * Resolves to what a text is, what an API with this configuration does with it, and why. The text is a token, headers, or an event.
 * The verdict is that of the library's own verifier; the checks explain it.
 * Sends nothing anywhere, except that with `network: true` the key set of the configured user pool is fetched.
 *
 * @throws TypeError for options that `userPool` and `createVerifier` refuse
 */
export async function inspect(text: string, options: InspectOptions = {}): Promise<Report> {
  const { clock = Date, redact = false, network = false } = options
  const now = clock.now() / 1_000
  const events: KeySetEvent[] = []
  const started = performance.now()
  const api = apiOf(options, now, event => events.push(event))
  const context = { show: redact ? redacted : plainly, redact, now, tolerance: api.tolerance }
  try {
    const input = readInput(text, options.loadBalancer !== undefined)
    const subject = subjectOf(input)
    const { token, decoded, damages } = subject
    const refused = await api.refusal(input.request, input.source)
    const again = damages.length > 0 ? await api.refusal(input.request, () => token) : undefined
    const checks = [
      ...wayChecks(subject, refused, input.missing),
      ...(await tokenChecks(subject, api, options, context)),
    ]
    const [kind, description] = identify(token, decoded)
    const cause = causeOf({ kind, standIn: subject.standIn, damages, checks }, options)
    return {
      ...outcome(refused, api, network),
      input: input.name,
      kind,
      description,
      facts: factsOf(decoded, context),
      findings: [
        ...damages,
        ...(api.issuers.length === 0 ? configurationIn(decoded, context) : []),
        ...findingsOf(token, decoded, input),
      ],
      checks: withOneFix(checks, cause),
      ...(cause && { cause }),
      ...(damages.length > 0 && { mended: outcome(again, api, network) }),
      ...(network && { network: { milliseconds: Math.round(performance.now() - started), events } }),
      ...(!redact && { token: { header: decoded.header, claims: decoded.claims } }),
    }
  } finally {
    api.close()
  }
}

/**
 * Checks the options of {@link inspect}.
 *
 * @throws TypeError as `inspect` would
 */
export const checkInspectOptions = (options: InspectOptions): void => apiOf(options, 0, () => {}).close()

/** The token to inspect: the one that an API finds, or the one repaired from what it finds. */
interface Subject {
  readonly token: string
  readonly decoded: Decoded
  /** What had to be repaired. */
  readonly damages: readonly Finding[]
  /** How to fix that a word came in place of a token. */
  readonly standIn: string | undefined
}

function subjectOf({ request, source }: Input): Subject {
  let text: string | undefined
  if (refusalOf(() => (text = source(request))))
    text = [request.header('authorization') ?? []].flat().join(', ')
  const sent = text ?? ''
  // Load balancers sign padded parts: that is no damage.
  const isAmazons = isSignedByAws(decode(sent))
  const { token, findings } = (isAmazons ? undefined : repair(sent)) ?? { token: sent, findings: [] }
  const standIn = standInFix(text ?? [request.header('authorization') ?? []].flat().join(', '))
  return { token, decoded: decode(token), damages: findings, standIn }
}

function outcome(refused: AuthError | undefined, { issuers }: Api, network: boolean): Outcome {
  if (refused?.code === 'ERR_KEYS_UNAVAILABLE' && !network)
    return {
      verdict: 'unknown',
      code: refused.code,
      message: 'Nothing is wrong with it, as far as can be told without the keys (--verify fetches them)',
    }
  if (refused) {
    const { code, message, status } = refused
    return { verdict: status === 503 ? 'unknown' : 'refused', code, message }
  }
  return issuers.length > 0
    ? { verdict: 'accepted', message: 'The token is accepted; policies may ask for more' }
    : { verdict: 'unknown', message: 'Nothing is configured to compare the token with' }
}

/** The checks of the request that carries the token. */
function wayChecks(
  { damages }: Subject,
  refused: AuthError | undefined,
  missing: string | undefined,
): Check[] {
  const code = refused?.code
  const isFound = code !== 'ERR_TOKEN_MISSING' && code !== 'ERR_REQUEST_INVALID'
  const found = check(
    'request',
    isFound,
    'one token, in one place',
    isFound ? 'as expected' : code === 'ERR_TOKEN_MISSING' ? 'none' : 'something else than one token',
    isFound ? 'ERR_REQUEST_INVALID' : code,
    code === 'ERR_TOKEN_MISSING' ? missing : undefined,
  )
  if (!isFound || damages.length === 0) return [found]
  const expected = 'the token and nothing else'
  return [found, check('as sent', false, expected, 'a damaged one', 'ERR_TOKEN_MALFORMED', damages[0]?.fix)]
}

/** The checks of the token, in the order of the verifier. */
async function tokenChecks(
  { token, decoded }: Subject,
  { issuers }: Api,
  options: InspectOptions,
  context: CheckContext,
): Promise<Check[]> {
  const allowsPadding = issuers.some(({ issuer }) => issuer.padding)
  const form = formChecks(token, decoded, context, allowsPadding)
  const { checks, issuer, claims } = issuerChecks(token, decoded, issuers, options, context)
  const isWhole = form.every(({ result }) => result === 'passed')
  const candidate = isWhole ? ({ token, header: decoded.header, claims } as unknown as Candidate) : undefined
  const isBundled = options.userPool?.jwks !== undefined && !options.network
  const keys = await keyChecks(candidate, issuer, isBundled, context)
  return [...form, ...checks, ...claimChecks(claims, context), ...keys]
}
