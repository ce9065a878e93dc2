/** Policies of fields, for any GraphQL server: GraphQL Yoga and Apollo Server take status and headers of the answer from `extensions.http`. */
import {
  demand,
  hasScope,
  inGroup,
  type Policy,
  type Principal,
  type Refusal,
  refusalOf,
  type VerifiedToken,
} from 'cognito-guard'
import { GraphQLError } from 'graphql'
import { guard } from './guard.js'

export const typeDefs = /* GraphQL */ `
  type Principal { username: String! }
  type Query { me: Principal!, orders: Principal!, admin: Principal! }
`

export const permitted = {
  Query: {
    me: (_source: unknown, _args: unknown, { auth }: Context) => auth.principal,
    orders: field(hasScope('orders/read'), ({ auth }) => auth.principal),
    admin: field(inGroup('admin'), ({ auth }) => auth.principal),
  },
}

interface Context {
  readonly auth: VerifiedToken
}

/** Returns a resolver for those whom the policy permits. */
function field(policy: Policy, resolve: (context: Context) => Principal) {
  return async (_source: unknown, _args: unknown, context: Context) => {
    try {
      await demand(context.auth, policy)
    } catch (error) {
      throw refused(refusalOf(error, guard))
    }
    return resolve(context)
  }
}

function refused({ status, headers, error }: Refusal) {
  const { 'Content-Type': _, ...others } = headers
  // Yoga takes the properties, Apollo a map
  const both = Object.assign(new Map(Object.entries(others)), others)
  return new GraphQLError(error.message, {
    extensions: { code: error.code, http: { status, headers: both } },
  })
}
