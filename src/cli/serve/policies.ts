import {
  amplifyCookie,
  bearer,
  cookie,
  every,
  federatedBy,
  firstOf,
  hasScope,
  headerToken,
  inGroup,
  isGuest,
  isMachine,
  isRead,
  issuedWithin,
  isUser,
  not,
  type Policy,
  queryToken,
  signedInWithin,
  some,
  type TokenSource,
  webSocketProtocol,
  withAssurance,
} from '../../index.js'
import type { Attempt } from './attempt.js'
import type { Members, PolicyInFile, TokenInFile } from './file.js'

/** Returns the policy that the file says at a place. */
export function policyOf(policy: PolicyInFile, place: string, attempt: Attempt): Policy {
  if (typeof policy === 'string') return words[policy] as Policy
  const [name, value] = onlyMember(policy)
  const parts = () =>
    (value as readonly PolicyInFile[]).map((part, index) =>
      policyOf(part, `${place}.${name}[${index}]`, attempt),
    )
  if (name === 'every') return every(...parts())
  if (name === 'some') return some(...parts())
  if (name === 'not') return not(policyOf(value as PolicyInFile, `${place}.not`, attempt))
  return attempt(`${place}.${name}`, value, () => (policies[name] as Factory<Policy>)(value as never), isUser)
}

/** Returns the token source that the file says at a place. */
export function tokenSourceOf(token: TokenInFile, place: string, attempt: Attempt): TokenSource {
  if (typeof token === 'string') return bearer()
  const [name, value] = onlyMember(token)
  if (name === 'firstOf')
    return firstOf(
      ...(value as readonly TokenInFile[]).map((part, index) =>
        tokenSourceOf(part, `${place}.firstOf[${index}]`, attempt),
      ),
    )
  return attempt(
    `${place}.${name}`,
    value,
    () => (sources[name] as Factory<TokenSource>)(value as never),
    bearer(),
  )
}

/** The name and the value of an object of one member. */
export const onlyMember = <T>(object: Readonly<Record<string, T>>): readonly [name: string, value: T] =>
  Object.entries(object)[0] as [string, T]

type Factory<T> = (value: never) => T

const many = (values: string | readonly string[]) => [values].flat() as [string, ...string[]]

const words: Readonly<Record<string, Policy>> = { isUser, isMachine, isGuest, isRead }

const policies: Readonly<Record<string, Factory<Policy>>> = {
  hasScope: (scopes: string | readonly string[]) => hasScope(...many(scopes)),
  inGroup: (groups: string | readonly string[]) => inGroup(...many(groups)),
  withAssurance: (contexts: string | readonly string[]) => withAssurance(...many(contexts)),
  federatedBy,
  signedInWithin,
  issuedWithin,
}

const sources: Readonly<Record<string, Factory<TokenSource>>> = {
  headerToken,
  queryToken,
  webSocketProtocol,
  cookie: ({ name, ...options }: Members & { readonly name: string }) => cookie(name, options),
  amplifyCookie: ({ clientId, ...options }: Members & { readonly clientId: string }) =>
    amplifyCookie(clientId, options),
}
