// An API in a process of its own, to be stopped and continued: its clock is ahead by as many milliseconds as a file says.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGuard, createVerifier, userPool } from 'cognito-guard'
import { protect } from 'cognito-guard/node'

const [options = '', ahead = ''] = process.argv.slice(2)
const clock = { now: () => Date.now() + Number(readFileSync(ahead, 'utf8')) }
const secure = protect(
  createGuard({
    verifier: createVerifier({ issuers: [userPool(JSON.parse(options))], clock, cache: false }),
  }),
)

const server = createServer((req, res) =>
  secure(req, res, error => {
    res.statusCode = error ? 500 : 200
    res.end()
  }),
)
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
