/** Policies of fields, for any GraphQL server: GraphQL Yoga and Apollo Server take the status of the answer from `extensions.http`. */
import {
  demand,
  hasScope,
  inGroup,
  isAuthError,
  type Policy,
  type Principal,
  type VerifiedToken,
} from 'cognito-guard'
import { GraphQLError } from 'graphql'

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
      if (!isAuthError(error)) throw error
      const { code, status, message } = error
      throw new GraphQLError(message, { extensions: { code, http: { status } } })
    }
    return resolve(context)
  }
}
