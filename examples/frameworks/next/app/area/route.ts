// The proxy has decided; a handler that must know who is calling is protected itself.
export const GET = () => Response.json({ area: 'admin' })

export const dynamic = 'force-dynamic'
