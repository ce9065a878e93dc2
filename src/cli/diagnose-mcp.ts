// Over 150 lines: half of it is the texts of the diagnoses.
import { plainly } from '../devtools/inspect/show.js'
import type { Diagnosis } from '../reports.js'
import { finding, fine } from './diagnosis.js'

/**
 * Resolves to the diagnoses of an MCP server, in the order in which clients ask: the challenge, the metadata of the resource, that of the
 * authorization server (MCP 2026-07-28, "Authorization"). Names what would stop Claude, VS Code, Cursor and the Inspector.
 */
export async function diagnoseMcp(
  url: string,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<Diagnosis[]> {
  const challenge = await answerOf(fetch, url, initialize)
  if (!challenge) return [unreachable]
  const { origin, pathname } = new URL(url)
  const named = /\bresource_metadata="([^"]*)"/i.exec(challenge.header('www-authenticate'))?.[1]
  const pathForm = `${origin}${resourceRoot}${pathname === '/' ? '' : pathname}`
  const rootForm = `${origin}${resourceRoot}`
  const [fromHeader, atPath, atRoot] = await Promise.all(
    [named, pathForm, rootForm].map(async at => (at && URL.canParse(at) ? answerOf(fetch, at) : undefined)),
  )
  const metadata = [fromHeader, atPath, atRoot].find(answer => answer?.document)
  const authorizationServer = [metadata?.document?.authorization_servers].flat()[0]
  return [
    ...diagnoseChallenge(challenge, named, fromHeader),
    ...(await diagnoseForeignOrigin(fetch, url)),
    diagnosePaths(atPath, atRoot),
    ...(metadata ? diagnoseResource(metadata, url) : []),
    ...(typeof authorizationServer === 'string' && URL.canParse(authorizationServer)
      ? await diagnoseAuthorizationServer(fetch, authorizationServer)
      : []),
  ]
}

interface Answer {
  readonly status: number
  readonly header: (name: string) => string
  /** The JSON object in a body of status 200. */
  readonly document: Readonly<Record<string, unknown>> | undefined
}

async function answerOf(
  fetch: typeof globalThis.fetch,
  url: string,
  request: RequestInit = {},
): Promise<Answer | undefined> {
  try {
    const signal = AbortSignal.timeout(10_000)
    const response = await fetch(url, { ...request, redirect: 'manual', signal })
    const document = response.status === 200 ? parse(await response.text()) : await response.body?.cancel()
    return {
      status: response.status,
      header: name => response.headers.get(name) ?? '',
      document: document ?? undefined,
    }
  } catch {
    return undefined
  }
}

function parse(text: string): Answer['document'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Answer['document']) : undefined
  } catch {
    return undefined
  }
}

function diagnoseChallenge(
  { status, header }: Answer,
  named: string | undefined,
  found: Answer | undefined,
): Diagnosis[] {
  if (status !== 401)
    return [
      finding(
        'problem',
        'no token',
        `The server answers ${status}, not 401.`,
        status < 300 ? 'Whoever calls it gets in.' : 'No client starts to sign in.',
        'Guard the route with cognito-guard/mcp, and give the URL that clients connect to.',
      ),
    ]
  const isBearer = /^bearer\b/i.test(header('www-authenticate'))
  const starts = isBearer
    ? fine('challenge', 'The 401 has WWW-Authenticate: Bearer.')
    : finding(
        'problem',
        'challenge',
        'The 401 has no WWW-Authenticate that starts with Bearer.',
        'The SDK reads nothing else; clients are left to the well-known paths.',
        header('x-amzn-remapped-www-authenticate')
          ? 'API Gateway has renamed it: use a function URL, a load balancer or CloudFront, or serve both well-known paths.'
          : 'Answer as cognito-guard/mcp does, Bearer first.',
      )
  const isGood = found?.document !== undefined
  const metadata = isGood
    ? fine('resource_metadata', 'The challenge leads to the metadata.')
    : finding(
        isBearer ? 'problem' : 'note',
        'resource_metadata',
        named === undefined
          ? 'The challenge does not name the metadata.'
          : 'The URL that the challenge names has no metadata.',
        'Claude, VS Code, Cursor and the Inspector find the sign-in by it (RFC 9728 section 5.1).',
        'Set resource to the public URL of the server, and answer the metadata without a token.',
      )
  return [fine('no token', 'The server answers 401.'), starts, metadata]
}

async function diagnoseForeignOrigin(fetch: typeof globalThis.fetch, url: string): Promise<Diagnosis[]> {
  const headers = { ...initialize.headers, origin: 'https://foreign.invalid' }
  const answer = await answerOf(fetch, url, { ...initialize, headers })
  if (answer?.status === 403) return [fine('origin', 'A page of another site is refused.')]
  return [
    finding(
      'note',
      'origin',
      'A request with the Origin of another site is not answered with 403.',
      'Servers must check it against DNS rebinding (MCP, "Transports").',
      'List the origins of browser clients in allowedOrigins, and refuse others.',
    ),
  ]
}

function diagnosePaths(atPath: Answer | undefined, atRoot: Answer | undefined): Diagnosis {
  if (atPath?.document && atRoot?.document)
    return fine('well-known paths', 'The metadata is at the path form and at the root form.')
  const isGuarded = [atPath, atRoot].some(answer => answer?.status === 401)
  return finding(
    atPath?.document || atRoot?.document ? 'note' : 'problem',
    'well-known paths',
    isGuarded ? 'A well-known path answers 401.' : 'The metadata is not at both well-known paths.',
    'Clients that do not see the header ask there, before they have a token (RFC 9728 section 3).',
    'Mount cognito-guard/mcp at the root of the origin, before other middleware that wants a token.',
  )
}

function diagnoseResource({ document, header }: Answer, url: string): Diagnosis[] {
  const { resource } = document as NonNullable<Answer['document']>
  const isOwn = typeof resource === 'string' && URL.canParse(resource) && isWithin(url, resource)
  return [
    isOwn
      ? fine('resource', 'The metadata is of this URL.')
      : finding(
          'problem',
          'resource',
          `The metadata names the resource ${plainly(resource)}; clients connect to ${plainly(url)}, which is neither it nor below it.`,
          'Clients must not use it (RFC 9728 section 3.3): the SDK stops here.',
          'Set resource to the URL that clients connect to; never derive it from Host.',
        ),
    header('access-control-allow-origin') === '*'
      ? fine('CORS of the metadata', 'Browser clients can read it.')
      : finding(
          'note',
          'CORS of the metadata',
          'It has no Access-Control-Allow-Origin: *.',
          'Clients in a browser, such as the page of the Inspector, cannot read it.',
          'Let CORS come first on the well-known paths.',
        ),
  ]
}

const isWithin = (url: string, parent: string) =>
  `${new URL(url).href}/`.startsWith(new URL(parent).href.replace(/\/?$/, '/'))

async function diagnoseAuthorizationServer(
  fetch: typeof globalThis.fetch,
  issuer: string,
): Promise<Diagnosis[]> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    ...(path ? [`${origin}/.well-known/openid-configuration${path}`] : []),
    `${origin}${path}/.well-known/openid-configuration`,
  ]
  for (const place of places) {
    const answer = await answerOf(fetch, place)
    if (answer?.document) return diagnoseDocument(answer.document, issuer)
    const goesOn = answer && ((answer.status >= 400 && answer.status < 500) || answer.status === 502)
    if (!goesOn) break
  }
  return [
    finding(
      'problem',
      'authorization server',
      'Its metadata is at none of the places where clients look, or one of them answers neither 200, 4xx nor 502, where they stop.',
      'No client can sign in.',
      'Name the issuer of the user pool, as cognito-guard/mcp does; check that it can be reached.',
    ),
  ]
}

function diagnoseDocument(document: NonNullable<Answer['document']>, issuer: string): Diagnosis[] {
  const pkce = [document.code_challenge_methods_supported].flat().includes('S256')
  return [
    document.issuer === issuer
      ? fine('authorization server', 'Its metadata is where clients look, and of that issuer.')
      : finding(
          'problem',
          'authorization server',
          'Its metadata names another issuer than the URL that leads to it.',
          'Clients must not use it (RFC 8414 section 3.3).',
          'Name the issuer exactly as its document does.',
        ),
    pkce
      ? fine('PKCE', 'code_challenge_methods_supported has S256.')
      : finding(
          'problem',
          'PKCE',
          'code_challenge_methods_supported does not have S256.',
          'Clients must not go on then: Claude, VS Code and Cursor may stop, though the pool does PKCE; those of the SDK go on.',
          isLoopback(issuer)
            ? 'Set advertisesPkce: true in the configuration file of the local Cognito, or give the option bridge to cognito-guard/mcp, as for a real pool.'
            : 'See whether the pool can say so; else the option bridge of cognito-guard/mcp does.',
        ),
    typeof document.registration_endpoint === 'string'
      ? fine('registration', 'Clients can register themselves.')
      : finding(
          'note',
          'registration',
          'There is no registration_endpoint.',
          'Claude Code and Cursor register themselves; Claude, VS Code and the Inspector can be given a client ID.',
          'Turn on dynamic client registration of the pool, give users a client ID, or use the bridge.',
        ),
  ]
}

const isLoopback = (url: string) => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)

const unreachable = finding(
  'unclear',
  'the MCP server',
  'It does not answer.',
  'Nothing can be said of it.',
  'Check the URL, and whether the server runs and can be reached from here.',
)

const resourceRoot = '/.well-known/oauth-protected-resource'

/** What a client sends first. */
const initialize = {
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'cognito-guard doctor', version: '1' },
    },
  }),
}
