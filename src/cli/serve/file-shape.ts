// Over 150 lines: what a configuration file may hold, each with its description for editors.
import {
  described,
  either,
  flag,
  isObject,
  type JsonSchema,
  listOf,
  named,
  never,
  numberFrom,
  objectOf,
  oneMemberOf,
  oneOf,
  oneOrMore,
  recordOf,
  type Shape,
  text,
  wholeFrom,
} from './shapes.js'

const isText = (value: unknown) => typeof value === 'string'

const name = 'a-z, 0-9 and -, at most 64'
const names = /^[a-z0-9-]{1,64}$/
const url = text(/^https?:\/\/./, 'an http or https URL')

/** The options of key sets that JSON can hold, named as in the library. */
const keys = {
  'refreshAfter?': described(
    'Seconds after which keys are fetched again, in the background. Default 300.',
    numberFrom(1, 86_400),
  ),
  'maxAge?': described(
    'Seconds for which keys are used while they cannot be fetched again. Default 86400.',
    numberFrom(1, 2_592_000),
  ),
  'fetchTimeout?': described('Seconds that a fetch may take. Default 4.', numberFrom(0.01, 60)),
  'insecureLoopbackHttp?': described('Accepts http: for loopback hosts. For tests.', flag),
  'insecureHttpHosts?': described(
    'Accepts http: for these private hosts. For development.',
    oneOrMore(text()),
  ),
}
const keySets = {
  ...keys,
  'jwks?': described('A key set that serves as the fallback.', objectOf({ keys: anyList() })),
  'offline?': described('Never fetches: the keys are those of jwks.', flag),
  'insecureTestKeys?': described('Accepts the keys of cognito-guard/testing. For tests.', flag),
}
const issuers = {
  'jwksUri?': described('Where the key set is, if not at the issuer.', url),
  'insecureIgnoreConfirmation?': described(
    'Accepts tokens that are bound to a key from whoever holds them.',
    flag,
  ),
}
const pools = {
  ...issuers,
  'issuer?': described('The exact iss, where it does not follow from the ID.', text()),
}
const groupsFrom = described(
  'The claim that lists groups; { "text": "custom:groups" } for one that a SAML or OIDC provider filled.',
  either(isText, text(), objectOf({ text: text() })),
)
const frontDoors = {
  ...keys,
  issuer: described('The iss that users sign in with, exactly.', text()),
  'publicKeysUrl?': described('The URL that a key ID is appended to.', url),
}

const issuer = oneMemberOf({
  userPool: objectOf({
    userPoolId: described('As the console shows it.', text()),
    'clientId?': described('The app clients whose tokens are accepted.', oneOrMore(text())),
    'anyClient?': described('Accepts access tokens of any app client that are bound to resource.', flag),
    'tokenUse?': described('Which tokens are accepted. Default access.', oneOrMore(oneOf('access', 'id'))),
    'resource?': described('What this API is called as a resource (RFC 8707).', oneOrMore(text())),
    'requireResource?': described('Whether access tokens must be bound to resource.', flag),
    'machineScope?': described('Scopes that let an unbound token of a machine in.', oneOrMore(text())),
    'additionalRegions?': described('The Regions of replicas.', oneOrMore(text())),
    'insecureSkipClientCheck?': described('Accepts tokens of any app client of the pool.', flag),
    'groupsFrom?': groupsFrom,
    ...keySets,
    ...pools,
  }),
  identityPool: objectOf({
    identityPoolId: described('As the console shows it.', text()),
    ...keySets,
    ...pools,
  }),
  oidcProvider: objectOf({
    ...keySets,
    ...issuers,
    issuer: described('The exact iss of its tokens.', text()),
    audience: described('The accepted aud.', oneOrMore(text())),
    'algorithms?': described('The accepted algorithms. Default RS256.', oneOrMore(text())),
    'groupsFrom?': groupsFrom,
  }),
  loadBalancer: objectOf({
    loadBalancerArn: described('The trusted load balancers.', oneOrMore(text())),
    clientId: described('The app clients in the rules of the listener.', oneOrMore(text())),
    'groupsFrom?': groupsFrom,
    ...frontDoors,
  }),
  verifiedAccess: objectOf({
    instanceArn: described('The trusted Verified Access instances.', oneOrMore(text())),
    ...frontDoors,
  }),
})

const within = numberFrom(1, 31_536_000)

const policy: Shape = named('policy', () => policyItself)
const policyItself: Shape = either(
  isObject,
  oneMemberOf({
    every: described('What all of these permit.', listOf(policy)),
    some: described('What any of these permits.', listOf(policy)),
    not: described('What this one refuses.', policy),
    hasScope: described('Access tokens with all of these scopes.', oneOrMore(text())),
    inGroup: described('Users in any of these groups.', oneOrMore(text())),
    federatedBy: described('Users of this identity provider. ID tokens name it.', text()),
    signedInWithin: described('Users who signed in at most so many seconds ago.', within),
    issuedWithin: described('Tokens issued at most so many seconds ago.', within),
    withAssurance: described('Users whose sign-in reached one of these contexts (acr).', oneOrMore(text())),
  }),
  oneOf('isUser', 'isMachine', 'isGuest', 'isRead'),
)

const origins = described('Further origins that may send requests which change something.', oneOrMore(text()))

const token: Shape = named('token', () => tokenItself)
const tokenItself: Shape = either(
  isObject,
  oneMemberOf({
    headerToken: described('The whole value of a header, such as x-amzn-oidc-data.', text()),
    cookie: described('A cookie.', objectOf({ name: text(), 'origins?': origins })),
    amplifyCookie: described(
      'The cookies of an Amplify app.',
      objectOf({ clientId: text(), 'origins?': origins, 'tokenUse?': oneOf('access', 'id') }),
    ),
    queryToken: described('A parameter of the query.', text()),
    webSocketProtocol: described('What follows this marker in Sec-WebSocket-Protocol.', text()),
    firstOf: described('What one of these finds.', listOf(token)),
  }),
  oneOf('bearer'),
)

const guard = objectOf({
  'issuers?': described('Whose tokens are accepted, by name. Default: those of all.', listOf(text())),
  'policy?': described('Who is authorized. Default: any verified token but that of a guest.', policy),
  'token?': described('Where the token is. Default bearer: the header Authorization.', token),
  'allowAnonymous?': described('Also accepts requests without a token; no policy is evaluated then.', flag),
  'realm?': described('The realm in challenges. Default api.', text()),
  'resourceMetadata?': described('The URL of the protected resource metadata (RFC 9728).', url),
  'explain?': described('Sends clients the precise code and a hint. For development only.', flag),
})

const revocations = {
  staleAfter: described('Seconds without contact after which the list is stale.', numberFrom(1, 86_400)),
  whenStale: described('What happens to tokens while the list is stale.', oneOf('refuse', 'accept')),
  'maxTokenLifetime?': described(
    'The longest lifetime of a token. Default 86400.',
    numberFrom(300, 31_622_400),
  ),
  'maxEntries?': described('The limit of entries. Default 2000000.', wholeFrom(1, 16_000_000)),
}

/** Where to listen: `host:port`, with a port up to 65535, or `unix:path`. */
export const address =
  /^(?:unix:.+|(?!unix:).+:(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]))$/

/** What the file may hold. */
export const fileShape: Shape = objectOf({
  '$schema?': text(),
  'listen?': described(
    'host:port, or unix: and the path of a socket. Default 127.0.0.1:4180.',
    text(address, 'host:port or unix:path'),
  ),
  'socketMode?': described(
    'The mode of a Unix socket. Default 660.',
    text(/^0?[0-7]{3}$/, 'an octal mode, such as 660'),
  ),
  issuers: described('Whose tokens are accepted, by names of your own.', recordOf(names, name, issuer)),
  'verifier?': objectOf({
    'clockTolerance?': described('Seconds by which clocks may differ. Default 5.', numberFrom(0, 300)),
    'cache?': described(
      'The cache of verified tokens.',
      either(
        value => typeof value === 'boolean',
        never,
        objectOf({ 'maxTokens?': wholeFrom(1, 10_000_000) }),
      ),
    ),
  }),
  'revocations?': described(
    'Which tokens are revoked though they have not expired.',
    oneMemberOf({
      redis: objectOf({
        'url?': described(
          'redis: or rediss:. Default: the environment variable REDIS_URL.',
          text(/^rediss?:\/\/./, 'a redis: or rediss: URL'),
        ),
        'key?': described('The key of the stream. Default cognito-guard:revocations.', text()),
        ...revocations,
      }),
      dynamodb: objectOf({
        table: described('The name of the table.', text()),
        'list?': described('The partition of the list. Default revocations.', text()),
        'pollEvery?': described('Seconds between two queries. Default 2.', numberFrom(0.1, 3_600)),
        'region?': described('Default: as the AWS SDK finds it.', text()),
        'endpoint?': described('Default: that of the Region.', url),
        ...revocations,
      }),
    }),
  ),
  'metrics?': described(
    'Answers Prometheus at /metrics.',
    objectOf({
      listen: described(
        'host:port or unix:path; another than that of checks.',
        text(address, 'host:port or unix:path'),
      ),
    }),
  ),
  guards: described(
    'The guards by name. A check names one in its path; default serves checks that name none.',
    recordOf(names, name, guard),
  ),
  'routes?': described(
    'The guard by the original path, for checks that name none: exact paths, and /admin/* for all below.',
    recordOf(/^\//, 'a path', text(names, `the name of a guard: ${name}`)),
  ),
  'headers?': described(
    'The family of identity headers. Default x-auth-request.',
    oneOf('x-auth-request', 'remote'),
  ),
  'peers?': described(
    'Which proxies may ask: addresses, networks, unix. Default: loopback and Unix sockets.',
    oneOrMore(text()),
  ),
  'assertion?': described(
    'Adds a signed assertion to the identity headers.',
    objectOf({
      issuer: described('Its iss.', text()),
      'audiences?': described(
        'The aud of each guard. Default: the name of the guard.',
        recordOf(names, name, text()),
      ),
      'keyFile?': described(
        'Files of the key that signs, and of others that are published beside it: PEM or JWK, P-256. Default: a key that is generated at each start.',
        oneOrMore(text()),
      ),
    }),
  ),
  'removeAuthorization?': described('Has Envoy remove Authorization from what backends get.', flag),
})

/** The published schema. */
export const fileSchema: JsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'The configuration of cognito-guard serve',
  definitions: { policy: policyItself.schema, token: tokenItself.schema },
  ...fileShape.schema,
}

/** Entries of a key set, which the issuer checks. */
function anyList(): Shape {
  return {
    schema: { type: 'array' },
    check(value, place, report) {
      if (!Array.isArray(value)) report(place, 'must be a list')
    },
  }
}
