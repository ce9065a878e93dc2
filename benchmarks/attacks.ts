/**
 * Prints how many of the attack tokens of `cognito-guard/testing` each library accepts, by the code that we refuse them with, and which these
 * are. Each is set up as its documentation says, with the issuer and RS256, and its keys loaded; checks that an
 * application writes itself are left out.
 *
 * Exits with 1 when cognito-guard accepts one, or a library refuses the genuine token.
 */
import { createVerifier, userPool } from 'cognito-guard'
import { attacks, createTestIssuer } from 'cognito-guard/testing'
import { bearerVerifier, type Verify, withKeySet } from './libraries.js'
import { versionOf } from './peers.js'

const source = createTestIssuer()
const [issuer] = userPool(source.options).issuers as [string]
const pool = {
  issuer,
  userPoolId: source.options.userPoolId,
  clientId: [source.options.clientId].flat()[0] as string,
  keys: source.jwks().keys,
}
const verifier = createVerifier({ issuers: [userPool(source.options)] })
const libraries: Readonly<Record<string, Verify>> = {
  'cognito-guard': token => verifier.verify(token),
  ...withKeySet(pool),
  'express-oauth2-jwt-bearer': bearerVerifier(pool, true),
}
const names = Object.keys(libraries)
const table = attacks(source)
const codes = [...new Set(table.map(({ code }) => code))]

const genuine = source.accessToken()
const accepted: Record<string, ReadonlySet<string>> = {}
for (const [name, verify] of Object.entries(libraries)) {
  if (!(await accepts(verify, genuine))) fail(`${name} refuses the genuine token`)
  const of = new Set<string>()
  for (const attack of table) if (await accepts(verify, attack.token)) of.add(attack.name)
  accepted[name] = of
}
if (acceptedBy('cognito-guard').size > 0) fail('cognito-guard accepts an attack')

const version = (name: string) => (name === 'cognito-guard' ? name : `${name} ${versionOf(nameOf(name))}`)
console.log(`Node ${process.versions.node}; ${table.length} attacks; accepted of each kind:\n`)
row(['attacks that we refuse with', 'tokens', ...names.map(version)])
row(['---', '---:', ...names.map(() => '---:')])
for (const code of codes) {
  const of = table.filter(attack => attack.code === code).map(({ name }) => name)
  const counts = names.map(name => of.filter(attack => acceptedBy(name).has(attack)).length)
  row([`\`${code}\``, of.length, ...counts])
}
row(['all', table.length, ...names.map(name => acceptedBy(name).size)])
for (const name of names) {
  if (acceptedBy(name).size > 0) console.log(`\n${name} accepts: ${[...acceptedBy(name)].join('; ')}.`)
}

/** The packages that are called differently here. */
function nameOf(library: string): string {
  return library === 'hono/jwt' ? 'hono' : library
}

function acceptedBy(name: string): ReadonlySet<string> {
  return accepted[name] ?? new Set()
}

async function accepts(verify: Verify, token: string): Promise<boolean> {
  try {
    await verify(token)
    return true
  } catch {
    return false
  }
}

function row(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}

function fail(what: string): void {
  console.error(`FAILED: ${what}`)
  process.exitCode = 1
}
