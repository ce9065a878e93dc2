import express, { type Express } from 'express'

/** What the calling service needs: where billing is, and a token whose audience is billing. */
interface Options {
  readonly billing: string
  /**
   * On EKS: `() => readFile(path, 'utf8')` of the projected token, which Kubernetes replaces before it expires. With the SDK for STS, elsewhere:
   * `new STSClient({ region }).send(new GetWebIdentityTokenCommand({ Audience: [audience], SigningAlgorithm: 'ES384' }))`, for as long as it is valid.
   */
  readonly token: () => Promise<string>
}

/** Returns the service that calls: it has no client secret and no API key. Its own users are guarded as in the other examples. */
export function createOrders({ billing, token }: Options): Express {
  const app = express()
  app.post('/orders/:id', async (req, res) => {
    const answer = await fetch(`${billing}/invoices`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ order: req.params.id }),
    })
    res.status(answer.ok ? 201 : 502).json({ order: req.params.id, billing: answer.status })
  })
  return app
}
