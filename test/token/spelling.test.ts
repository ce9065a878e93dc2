import fc from 'fast-check'
import t from 'tap'
import { importKey } from '../../src/crypto/import-key.js'
import type { TrustedIssuer } from '../../src/index.js'
import {
  base64url,
  claimsOf,
  codeOf,
  ecPair,
  headerOf,
  issuer,
  json,
  sealEs256,
  token,
  verifierOf,
} from '../mint.js'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const foreign = '=+/. \n\t\r\u0000~,;"%\u00a0\u0141\uff21\u2028\ud800'

const pair = ecPair()
const es256: TrustedIssuer = {
  issuers: [issuer],
  algorithms: ['ES256'],
  keys: () => importKey(pair.jwk, 'ES256'),
  validate: (_header, claims) => claims,
}

/** Tokens whose parts have every length that leaves spare bits, and some that do not. */
const tokens = Array.from({ length: 9 }, (_, i) =>
  token(claimsOf({ pad: 'x'.repeat(i % 3), jti: `${i}` }), headerOf({ pad: 'y'.repeat(i / 3) })),
)
const curveTokens = Array.from({ length: 3 }, (_, i) =>
  sealEs256(
    `${base64url(json({ alg: 'ES256', pad: 'x'.repeat(i) }))}.${base64url(json(claimsOf({ jti: `${i}` })))}`,
    pair,
  ),
)

type Change = readonly [position: number, change: string, character: string]

/** A text with one change, which may leave it as it was. */
function changed(text: string, [position, change, character]: Change): string {
  const at = position % (text.length + 1)
  const [before, after] = [text.slice(0, at), text.slice(at)]
  switch (change) {
    case 'replace':
      return before + character + after.slice(1)
    case 'insert':
      return before + character + after
    case 'delete':
      return before + after.slice(1)
    case 'double':
      return before + after.charAt(0) + after
    case 'swap':
      return before + after.charAt(1) + after.charAt(0) + after.slice(2)
    case 'move the dot':
      return text.replace(/(.)\.(.)/, position % 2 ? '$1$2.' : '.$1$2')
    default:
      return (
        before +
        (after.charAt(0) === after.charAt(0).toLowerCase()
          ? after.charAt(0).toUpperCase()
          : after.charAt(0).toLowerCase()) +
        after.slice(1)
      )
  }
}

const change = fc.tuple(
  // the end of each part is where spare bits are
  fc.oneof(
    { weight: 3, arbitrary: fc.nat(2_000) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...tokens.flatMap(text => [text.indexOf('.') - 1, text.lastIndexOf('.') - 1, text.length - 1]),
      ),
    },
  ),
  fc.constantFrom('replace', 'replace', 'insert', 'delete', 'double', 'swap', 'case', 'move the dot'),
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...alphabet.split('')) },
    { weight: 1, arbitrary: fc.constantFrom(...foreign.split('')) },
  ),
)

function onlyOneSpelling(
  name: string,
  genuine: readonly string[],
  verifier: ReturnType<typeof verifierOf>,
  numRuns: number,
) {
  t.test(`${name}: no change of a token is accepted, ${numRuns} times`, async t => {
    for (const each of genuine)
      t.equal(
        codeOf(() => verifier.verifySync(each)),
        undefined,
      )
    let accepted = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...genuine),
        fc.array(change, { minLength: 1, maxLength: 2 }),
        (original, changes) => {
          const other = changes.reduce(changed, original)
          const code = codeOf(() => verifier.verifySync(other))
          if (other === original) return code === undefined
          if (code === undefined) accepted++
          return typeof code === 'string' && code.startsWith('ERR_TOKEN_')
        },
      ),
      { numRuns },
    )
    t.equal(accepted, 0)
  })
}

onlyOneSpelling('RS256, cached', tokens, verifierOf(), 100_000)
onlyOneSpelling('RS256, not cached', tokens, verifierOf(undefined, { cache: false }), 10_000)
onlyOneSpelling('ES256', curveTokens, verifierOf([es256]), 5_000)

t.test('every last character of every part, but for the right one', async t => {
  const verifier = verifierOf()
  for (const original of tokens) {
    const parts = original.split('.')
    for (const part of [0, 1, 2]) {
      for (const last of alphabet) {
        const other = parts.map((text, index) => (index === part ? text.slice(0, -1) + last : text)).join('.')
        const code = codeOf(() => verifier.verifySync(other))
        if ((code === undefined) !== (other === original)) t.fail(`${part}: ${last}`)
      }
    }
  }
  t.pass()
})
