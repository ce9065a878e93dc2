/** A response that is made here and not by the MCP server. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Returns a response with a JSON document that scripts of any site may read: it holds nothing of a caller. */
export const publicJson = (status: number, document: object, headers: object = {}): Answer => ({
  status,
  headers: { ...openToAll, 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(document),
})

/** Returns the answer to a preflight. Browser clients send `MCP-Protocol-Version`; `*` does not stand for `Authorization`. */
export const preflight = (origin: string, methods: string): Answer => ({
  status: 204,
  headers: {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': 'Authorization, *',
  },
  body: '',
})

/** Returns an error of JSON-RPC for a request that never reaches the server. The message is a fixed sentence. */
export const rpcError = (status: 400 | 403, code: number, message: string): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  body: JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }),
})

const openToAll = { 'Access-Control-Allow-Origin': '*' }
