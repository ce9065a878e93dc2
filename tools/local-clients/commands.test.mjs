// Every command of the SDK's client: it works, or the answer names it. None crashes the server, hangs, or is answered with 500.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { clientId, startDev, userPoolId } from './dev.mjs'

/** Members that many commands have. They name nobody, so that nothing is lost. */
const input = {
  UserPoolId: userPoolId,
  ClientId: clientId,
  Username: 'nobody',
  GroupName: 'nobodies',
  AccessToken: 'a.b.c',
  Limit: 1,
  MaxResults: 1,
}
const names = Object.keys(sdk)
  .filter(name => /^[A-Z]\w+Command$/.test(name))
  .map(name => name.slice(0, -'Command'.length))
let dev

before(async () => {
  dev = await startDev()
})
after(() => dev.close())

for (const name of names)
  test(name, { timeout: 10_000 }, async t => {
    for (const given of [input, {}]) {
      const error = await dev.send(new sdk[`${name}Command`](given)).then(
        () => undefined,
        reason => reason,
      )
      if (!error) continue
      // what the SDK itself finds wrong has no status
      if (given !== input && error.$metadata?.httpStatusCode === undefined) continue
      assert.equal(error.$metadata?.httpStatusCode, 400, error.stack)
      if (error.name !== 'UnknownOperationException') continue
      assert.match(error.message, new RegExp(`\\b${name}\\b`))
      return t.skip('refused by name')
    }
  })

test('it still answers', async () => {
  assert.equal((await fetch(`${dev.url}/_local/state`)).status, 200)
})
