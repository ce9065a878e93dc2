import type { Test } from 'tap'
import { main } from '../../../src/cli/main.js'
import { parseConfig } from '../../../src/devtools/local/config.js'
import { startLocalCognito } from '../../../src/devtools/local/server.js'

/** A local Cognito that ends with its test, and helpers to use it. */
export async function startTestCognito(t: Test, document: object = {}) {
  const cognito = await startLocalCognito(parseConfig(document, 'test.json'), 0)
  t.teardown(cognito.close)
  const { url, local } = cognito
  return {
    ...cognito,
    pool: {
      userPoolId: local.config.userPoolId,
      clientId: 'localweb',
      jwksUri: `${url}/${local.config.userPoolId}/.well-known/jwks.json`,
      insecureLoopbackHttp: true,
    },
    /** Runs a control; rejects with its error. */
    async control(name: string, input: object = {}) {
      const response = await fetch(`${url}/_local/${name}`, { method: 'POST', body: JSON.stringify(input) })
      const answer = (await response.json()) as Record<string, unknown>
      if (!response.ok) throw new Error(String(answer.error))
      return answer
    },
    /** A request that follows no redirect. */
    get: (path: string, headers: Record<string, string> = {}) =>
      fetch(new URL(path, url), { headers, redirect: 'manual' }),
    /** A form as a browser sends it. */
    post: (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(new URL(path, url), {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers,
        redirect: 'manual',
      }),
  }
}

/** The claims of a token, unverified. */
export function claimsOf(token: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] as string, 'base64url').toString())
}

/** Runs `cognito-guard dev` until the test ends: on any port, and until it is up unless it is not to come up. */
export async function runDev(t: Test, args: readonly string[], comesUp = true) {
  let output = ''
  let errors = ''
  const before = process.listeners('SIGTERM')
  const code = main(['dev', '--port', '0', ...args], {
    stdin: [] as never,
    stdout: { write: text => (output += text) },
    stderr: { write: text => (errors += text) },
    env: {},
  })
  let isOver = false
  void code.then(() => {
    isOver = true
  })
  const all = () => output + errors
  const isUp = () => !comesUp || /Ctrl-C|^\{.*\}\n$/.test(output)
  while (!isUp()) {
    if (isOver) throw new Error(all())
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  const end = process.listeners('SIGTERM').find(listener => !before.includes(listener))
  const close = async () => {
    end?.('SIGTERM')
    await code
  }
  if (comesUp) t.teardown(close)
  return {
    code,
    close,
    output: () => (comesUp ? output : all()),
    errors: () => errors,
    url: /https?:\/\/(?:[\w.]+|\[.*?\]):\d+/.exec(output)?.[0] ?? '',
  }
}
