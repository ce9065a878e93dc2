// An MCP server with three tools: one for everybody who signed in, one that needs a scope, one that needs a group as well.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { every, hasScope, inGroup, mcp } from 'cognito-guard/mcp'
import express from 'express'

/** @param options which pool signs users in (`userPool`), and the public URL of this server (`resource`) */
export function createApp({ userPool, resource }) {
  const write = hasScope(`${resource}/write`)
  const guarded = mcp({
    userPool,
    resource,
    scopes: [`${resource}/read`],
    name: 'Notes',
    tools: { write_note: write, delete_notes: every(inGroup('admin'), write) },
  })
  const app = express()
  app.use(express.json(), guarded.middleware)
  app.post(new URL(resource).pathname, async (req, res) => {
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    res.on('close', () => transport.close())
    await createServer().connect(transport)
    await transport.handleRequest(req, res, req.body)
  })
  return app
}

function createServer() {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const text = value => ({ content: [{ type: 'text', text: value }] })
  server.registerTool('who_am_i', { description: 'Says who is signed in' }, ({ authInfo }) =>
    text(authInfo.extra.principal.username),
  )
  server.registerTool('write_note', { description: 'Writes a note' }, () => text('written'))
  server.registerTool('delete_notes', { description: 'Deletes all notes' }, () => text('deleted'))
  return server
}

if (process.argv[1] === import.meta.filename) {
  const {
    USER_POOL_ID: userPoolId,
    RESOURCE: resource = 'https://notes.example.com/mcp',
    PORT = '3000',
  } = process.env
  createApp({ userPool: { userPoolId }, resource }).listen(Number(PORT))
}
