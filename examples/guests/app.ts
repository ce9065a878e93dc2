import { every, type Guard, isGuest, isRead, isUser, some } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/express'
import express, { type Express } from 'express'

/** Returns an API whose articles anyone may read, guests too, and signed-in users may write. */
export function createApp(guard: Guard): Express {
  const articles = new Map<string, { readonly text: string; readonly by: string }>()
  const app = express().use(express.text())
  app.use('/articles', protect(guard, some(isUser, every(isGuest, isRead))))
  app.get('/articles', (_req, res) => res.json([...articles.entries()]))
  app.put('/articles/:name', (req, res) => {
    articles.set(req.params.name, { text: String(req.body), by: authOf(req).principal.subject })
    res.status(204).end()
  })
  // Guests are refused here: this policy does not name them.
  app.get('/me', protect(guard), (req, res) => res.json(authOf(req).principal))
  return app
}
