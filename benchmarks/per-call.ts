/** Prints the bytes of garbage of a new token, without its text. Run by memory.ts, with a young generation large enough for all calls. */
import { createVerifier, userPool } from 'cognito-guard'
import { bytesPerCall } from './heap.js'
import { accessTokens, clientId, fresh, userPoolId } from './tokens.js'

const set = accessTokens(2_000)
const verifier = createVerifier({
  issuers: [userPool({ userPoolId, clientId, jwks: set.jwks, offline: true })],
  cache: false,
})
const texts = set.tokens.map((_, index) => fresh(set, index))
const call = (index: number) => verifier.verifySync(texts[index % texts.length] as string)
for (let index = 0; index < 10_000; index++) call(index)
console.log(bytesPerCall(call, 2_000))
