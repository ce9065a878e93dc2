// The same server with version 2 of the SDK, as a function of the request: for Workers, Deno, Bun, Next.js, or behind `guarded.lambda`.
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { every, hasScope, inGroup, mcp } from 'cognito-guard/mcp'

/** @param options of `mcp`: the user pool, the public URL of this server (`resource`), and others */
export function createHandler(options) {
  const { resource } = options
  const write = hasScope(`${resource}/write`)
  const guarded = mcp({
    scopes: [`${resource}/read`],
    name: 'Notes',
    tools: { write_note: write, delete_notes: every(inGroup('admin'), write) },
    ...options,
  })
  const handler = createMcpHandler(createServer)
  return guarded.fetch((request, { authInfo }) => handler.fetch(request, { authInfo }))
}

function createServer() {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const text = value => ({ content: [{ type: 'text', text: value }] })
  server.registerTool('who_am_i', { description: 'Says who is signed in' }, ({ http }) =>
    text(http.authInfo.extra.principal.username),
  )
  server.registerTool('write_note', { description: 'Writes a note' }, () => text('written'))
  server.registerTool('delete_notes', { description: 'Deletes all notes' }, () => text('deleted'))
  return server
}
