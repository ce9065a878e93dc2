import { createServer, type IncomingMessage } from 'node:http'
import type { VerifiedToken } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/node'
import { createSchema, createYoga } from 'graphql-yoga'
import { permitted, typeDefs } from './graphql.js'
import { guard } from './guard.js'
import { listen } from './listen.js'

type Server = { req: IncomingMessage }
type Context = { auth: VerifiedToken }

const yoga = createYoga<Server, Context>({
  schema: createSchema<Server & Context>({ typeDefs, resolvers: permitted }),
  context: ({ req }) => ({ auth: authOf(req) }),
  logging: false,
})

const secure = protect(guard)
listen(
  createServer((req, res) =>
    secure(req, res, error => {
      if (!error) return yoga(req, res)
      res.statusCode = 500
      res.end()
    }),
  ),
)
