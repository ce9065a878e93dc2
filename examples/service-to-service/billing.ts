import { byRole, byServiceAccount, type Guard, some } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/express'
import express, { type Express } from 'express'

/** Returns the service that is called: invoices are written by the orders service only, wherever it runs, and read by any workload. */
export function createBilling(guard: Guard): Express {
  const isOrders = some(
    byRole('arn:aws:iam::111122223333:role/orders'), // Lambda, ECS, EC2: with a token of STS
    byServiceAccount('shop', 'orders'), // EKS: with the token of a projected volume
  )
  const invoices: { readonly of: string; readonly by: string }[] = []
  const app = express().use(express.json())
  app.get('/invoices', protect(guard), (_req, res) => res.json(invoices))
  app.post('/invoices', protect(guard, isOrders), (req, res) => {
    const invoice = { of: String(req.body.order), by: authOf(req).principal.subject }
    invoices.push(invoice)
    res.status(201).json(invoice)
  })
  return app
}
