/**
 * The adapter for Express 4 and 5: the middleware of Node.js servers, which sets `req.auth`.
 *
 * `req.auth` gets its type from `import 'cognito-guard/express/request'`, where no other package claims that name;
 * {@link authOf} has it without that.
 *
 * @module
 * @example
 * app.get('/orders', protect(guard, hasScope('orders/read')), (req, res) => res.json(authOf(req).principal))
 */
export { authOf, type GuardMiddleware, protect } from './node.js'
