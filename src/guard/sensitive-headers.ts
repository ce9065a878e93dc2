/**
 * The names, in lower case, of the headers that carry tokens or say who somebody is: what to redact in logs of requests and responses. Add those
 * that you have named yourself, such as in `headerToken('x-my-token')`. A token can also be in the query of a URL, see {@link queryToken}.
 *
 * @example
 * pino({ redact: sensitiveHeaders.map(name => `req.headers["${name}"]`) })
 */
export const sensitiveHeaders: readonly string[] = /* @__PURE__ */ Object.freeze([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'dpop',
  'sec-websocket-protocol',
  'x-amz-security-token',
  'x-amzn-ava-user-context',
  'x-amzn-oidc-accesstoken',
  'x-amzn-oidc-data',
  'x-amzn-oidc-identity',
])
