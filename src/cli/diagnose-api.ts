// Over 150 lines: half of it is the texts of the diagnoses.
import type { Diagnosis } from '../reports.js'
import { finding, fine } from './diagnosis.js'

/**
 * Resolves to the diagnoses of an API's answers to requests that it must refuse: without a token, with bad ones, from a browser.
 *
 * @param origin of the app whose browser calls; without one, findings on CORS are only notes
 */
export async function diagnoseApi(
  url: string,
  origin: string | undefined,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<Diagnosis[]> {
  const ask = (headers: Record<string, string>, method = 'GET') => answerOf(fetch, url, { method, headers })
  const from = { origin: origin ?? 'https://app.example.com' }
  const bare = await ask(from)
  if (!bare) return [unreachable]
  const preflight = await ask(
    { ...from, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    'OPTIONS',
  )
  const bad = await Promise.all(
    badTokens.map(async ([name, token]) =>
      diagnoseStatus(name, await ask({ ...from, authorization: `Bearer ${token}` })),
    ),
  )
  const severity = origin === undefined ? 'note' : 'problem'
  return [
    diagnoseStatus('no token', bare),
    ...bad,
    ...(bare.status === 401
      ? [
          diagnoseChallenge(bare),
          diagnoseOrigin(bare, from.origin, severity),
          diagnoseExposed(bare, severity),
        ]
      : []),
    diagnosePreflight(preflight, severity),
  ]
}

interface Answer {
  readonly status: number
  readonly header: (name: string) => string
}

async function answerOf(
  fetch: typeof globalThis.fetch,
  url: string,
  request: { readonly method: string; readonly headers: Record<string, string> },
): Promise<Answer | undefined> {
  try {
    const signal = AbortSignal.timeout(10_000)
    const response = await fetch(url, { ...request, redirect: 'manual', signal })
    await response.body?.cancel()
    return { status: response.status, header: name => response.headers.get(name) ?? '' }
  } catch {
    return undefined
  }
}

function diagnoseStatus(name: string, answer: Answer | undefined): Diagnosis {
  if (!answer) return unreachable
  const { status } = answer
  if (status === 401) return fine(name, 'The API answers 401.')
  const what = `The API answers ${status}, not 401.`
  const [result, why, fix] = statuses.find(([from, to]) => status >= from && status <= to)?.[2] ?? otherStatus
  return finding(result, name, what, why, fix)
}

type Words = readonly [result: 'problem' | 'unclear', why: string, fix: string]

const otherStatus: Words = [
  'problem',
  'A client learns from 401 alone that it needs a token, or a fresh one.',
  'Answer 401 with WWW-Authenticate, as the guard does.',
]

const statuses: readonly (readonly [from: number, to: number, words: Words])[] = [
  [
    200,
    299,
    [
      'problem',
      'Whoever calls it gets in.',
      'Guard this route: protect(guard). If it is public as wished, give the URL of another one.',
    ],
  ],
  [
    300,
    399,
    [
      'problem',
      'A program cannot sign in on a page, and a browser does not follow it to another origin.',
      'Answer calls of an API with 401; send only page loads to sign-in.',
    ],
  ],
  [
    403,
    403,
    [
      'problem',
      '403 says that another token of this user would not help: clients neither sign in nor refresh.',
      'Answer 401. Behind API Gateway, an authorizer answers a bad token by throwing "Unauthorized", not with a Deny policy.',
    ],
  ],
  [
    404,
    405,
    [
      'unclear',
      'There is nothing at this URL to be refused.',
      'Give the URL of a route that needs a token, and answers GET.',
    ],
  ],
  [
    503,
    503,
    [
      'problem',
      'The API is out of order, or cannot fetch the keys: then nobody gets in.',
      'Run doctor where the API runs, and see its log for ERR_KEYS_UNAVAILABLE.',
    ],
  ],
  [
    500,
    599,
    [
      'problem',
      'A bad token is no failure of the API: alarms go off, and clients try again and again.',
      'Catch what verification throws and answer 401, as the guard does.',
    ],
  ],
]

function diagnoseChallenge({ header }: Answer): Diagnosis {
  if (/\bbearer\b/i.test(header('www-authenticate')))
    return fine('challenge', 'The 401 has WWW-Authenticate: Bearer.')
  return finding(
    'problem',
    'challenge',
    'The 401 has no WWW-Authenticate: Bearer.',
    'A 401 must have one (RFC 9110 section 11.6.1); OAuth clients, those of MCP among them, go by it.',
    header('x-amzn-remapped-www-authenticate')
      ? 'API Gateway has renamed it to x-amzn-remapped-www-authenticate: set it in a gateway response, or rename it back at CloudFront.'
      : 'Answer as the guard does; in API Gateway set it in the gateway response UNAUTHORIZED.',
  )
}

function diagnoseOrigin({ header }: Answer, origin: string, severity: 'note' | 'problem'): Diagnosis {
  const allowed = header('access-control-allow-origin')
  if (allowed === '*' || allowed === origin) return fine('CORS of the 401', 'A browser shows it to the app.')
  return finding(
    severity,
    'CORS of the 401',
    `It has no Access-Control-Allow-Origin for ${origin}.`,
    'The app sees a network error in place of the 401, and cannot refresh its token.',
    'Let CORS come before the guard; in API Gateway set the header in the gateway responses (DEFAULT_4XX).',
  )
}

function diagnoseExposed({ header }: Answer, severity: 'note' | 'problem'): Diagnosis {
  const exposed = header('access-control-expose-headers').toLowerCase().split(/ *, */)
  if (exposed.includes('www-authenticate'))
    return fine('exposed headers', 'The app can read WWW-Authenticate.')
  return finding(
    severity,
    'exposed headers',
    'Access-Control-Expose-Headers does not name WWW-Authenticate.',
    'The app in a browser cannot tell an expired token from a bad one, or which scope is missing.',
    'Access-Control-Expose-Headers: WWW-Authenticate (cors: exposedHeaders).',
  )
}

function diagnosePreflight(answer: Answer | undefined, severity: 'note' | 'problem'): Diagnosis {
  const isRight =
    answer !== undefined &&
    answer.status >= 200 &&
    answer.status < 300 &&
    answer.header('access-control-allow-origin') !== '' &&
    /authorization/i.test(answer.header('access-control-allow-headers'))
  if (isRight) return fine('preflight', 'A browser may send the Authorization header.')
  return finding(
    severity,
    'preflight',
    'OPTIONS is not answered with 2xx and Access-Control-Allow-Headers: Authorization.',
    'A browser asks so before every call, without a token, and then does not make the call.',
    'Let CORS come before the guard, and allow the header Authorization by name: "*" does not cover it.',
  )
}

const unreachable = finding(
  'unclear',
  'the API',
  'It does not answer.',
  'Nothing can be said of it.',
  'Check the URL, and whether the API runs and can be reached from here.',
)

const base64url = (value: object) => btoa(JSON.stringify(value)).replaceAll('=', '')

/** A text that is no token, a token without a signature, and one with a made-up signature. No API may accept any of them. */
const badTokens: readonly (readonly [name: string, token: string])[] = [
  ['a token that is none', 'not-a-token'],
  [
    'an unsigned token',
    `${base64url({ alg: 'none' })}.${base64url({ sub: 'nobody', token_use: 'access', exp: 4_102_444_800 })}.`,
  ],
  [
    'a forged token',
    `${base64url({ alg: 'RS256', kid: 'nobody' })}.${base64url({ sub: 'nobody', token_use: 'access', exp: 4_102_444_800 })}.${'A'.repeat(342)}`,
  ],
]
