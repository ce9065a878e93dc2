// A process of its own: to test the certificates it trusts from its start, and when it exits.
import { type KeySetError, keySet } from '../../src/jwks/jwks.js'
import { signer } from './issuer-double.js'

const [task, ...urls] = process.argv.slice(2)
const { jwk } = signer('one')

for (const url of urls) {
  const source = { url, algorithms: ['ES256'], insecureLoopbackHttp: true } as const
  if (task === 'fetch') {
    const keys = keySet(source)
    await Promise.resolve(keys('one', 'ES256', Date.now())).then(
      () => console.log('one'),
      ({ cause }: { cause: KeySetError }) => console.log(cause.reason, cause.code),
    )
  } else {
    const keys = keySet({ ...source, jwks: { keys: [jwk] } })
    await keys('one', 'ES256', Date.now())
    await new Promise(resolve => setTimeout(resolve, 100))
    console.log('a refresh is under way')
    if (task === 'close') keys.close()
  }
}
