// Serves handlers of Lambda by HTTP, each request as the event of an HTTP API: so that they are asked what servers are asked.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const { events } = createRequire(`${process.cwd()}/package.json`)('cognito-guard/testing')
const handlers = await import(pathToFileURL(`${process.cwd()}/dist/${process.argv[2]}.js`).href)

const server = createServer(async (request, response) => {
  const { headersDistinct, method, url } = request
  // API Gateway joins headers of one name with a comma
  const headers = Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values]) => [name, values.join(',')]),
  )
  const handler = handlers.handler ?? handlers[url.slice(1)]
  try {
    const event = events.httpApi({ method, path: url, headers })
    const { statusCode, headers: sent, body } = await handler(event, { awsRequestId: 'r-1' })
    response.writeHead(statusCode, sent).end(body)
  } catch (error) {
    console.error(error)
    response.writeHead(500).end()
  }
})
server.listen(0, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${server.address().port}`))
