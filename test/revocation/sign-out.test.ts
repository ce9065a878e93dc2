import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { memoryRevocations } from 'cognito-guard'
import t from 'tap'
import { type CognitoCall, createHandler } from '../../examples/sign-out/cognito-events.js'
import { verifiedTokenOf } from './fixture.js'
import { needsRedis } from './redis-server.js'

const userPoolId = 'eu-west-1_AbCdEf123'

t.test('who signs out at one process is refused by the other', needsRedis, async t => {
  const file = fileURLToPath(new URL('../../examples/sign-out/main.js', import.meta.url))
  const example = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  example.stdout.on('data', (text: Buffer) => {
    output += text.toString()
  })
  const [code] = await once(example, 'close')
  t.equal(code, 0)
  t.match(output, /Alice, laptop +process two +GET +\/me +401/)
  t.match(output, /Alice, phone +process one +GET +\/me +401/)
  t.match(output, /10 of 10 as expected/)
})

t.test('the example says what it needs', async t => {
  const file = fileURLToPath(new URL('../../examples/sign-out/main.js', import.meta.url))
  for (const [ci, expected] of [
    ['', 0],
    ['true', 1],
  ] as const) {
    const { status, stdout } = spawnSync(process.execPath, [file], {
      env: { PATH: '', CI: ci },
      encoding: 'utf8',
    })
    t.equal(status, expected)
    t.match(stdout, /apt-get install redis-server/)
  }
})

t.test('calls that CloudTrail records', async t => {
  const revocations = memoryRevocations()
  const handler = createHandler(revocations, userPoolId)
  const now = Math.floor(Date.now() / 1000)
  const call = (detail: Partial<CognitoCall['detail']>): CognitoCall & object =>
    ({
      version: '0',
      id: '01234567-0123-0123-0123-0123456789ab',
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.cognito-idp',
      account: '111122223333',
      region: 'eu-west-1',
      resources: [],
      detail: {
        eventVersion: '1.11',
        userIdentity: { type: 'AssumedRole', accountId: '111122223333' },
        eventTime: new Date(now * 1000).toISOString().replace('.000Z', 'Z'),
        eventSource: 'cognito-idp.amazonaws.com',
        awsRegion: 'eu-west-1',
        sourceIPAddress: '192.0.2.1',
        responseElements: null,
        readOnly: false,
        eventType: 'AwsApiCall',
        managementEvent: true,
        eventCategory: 'Management',
        requestParameters: { username: 'HIDDEN_DUE_TO_SECURITY_REASONS', userPoolId },
        ...detail,
      },
    }) as unknown as CognitoCall
  const tokenOf = (sub: string, iat: number) => verifiedTokenOf({ issuer: userPoolId, sub, iat })
  const isRevoked = (sub: string, iat = now) => revocations.isRevoked(tokenOf(sub, iat), Date.now())

  const events: Partial<CognitoCall['detail']>[] = [
    { eventName: 'AdminUserGlobalSignOut' },
    { eventName: 'AdminDisableUser' },
    { eventName: 'AdminRemoveUserFromGroup' },
    { eventName: 'GlobalSignOut', requestParameters: null },
    {
      eventName: 'RevokeToken',
      requestParameters: { clientId: '1example23456789', token: 'HIDDEN_DUE_TO_SECURITY_REASONS' } as object,
    },
  ]
  for (const [index, event] of events.entries()) {
    const sub = `user-${index}`
    t.equal(await handler(call({ ...event, additionalEventData: { sub } })), 'revoked', event.eventName ?? '')
    t.ok(isRevoked(sub))
    t.notOk(isRevoked(sub, now + 1), 'what is issued afterwards is good')
    t.equal(
      await handler(call({ ...event, additionalEventData: { sub } })),
      'revoked',
      'EventBridge may deliver twice',
    )
  }
  const others: Partial<CognitoCall['detail']>[] = [
    { eventName: 'AdminGetUser' },
    { eventName: 'AdminDisableUser', errorCode: 'UserNotFoundException' },
    { eventName: 'AdminDisableUser', requestParameters: { userPoolId: 'eu-west-1_Another' } },
    { eventName: 'AdminDisableUser', eventSource: 'iam.amazonaws.com' },
  ]
  for (const event of others) {
    t.equal(await handler(call({ ...event, additionalEventData: { sub: 'bystander' } })), 'ignored')
    t.notOk(isRevoked('bystander'))
  }
  await t.rejects(handler(call({ eventName: 'AdminDisableUser' })), /AdminDisableUser names no user/)
})
