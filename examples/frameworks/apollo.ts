import { createServer } from 'node:http'
import { ApolloServer } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import type { VerifiedToken } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/express'
import express from 'express'
import { permitted, typeDefs } from './graphql.js'
import { guard } from './guard.js'
import { listen } from './listen.js'

const apollo = new ApolloServer<{ auth: VerifiedToken }>({ typeDefs, resolvers: permitted })
await apollo.start()

const app = express()
const context = async ({ req }: { req: express.Request }) => ({ auth: authOf(req) })
app.use('/graphql', protect(guard), express.json(), expressMiddleware(apollo, { context }))
listen(createServer(app))
