// The guard of every function here. In module scope: what it has verified is cached for as long as the environment lives.
import { createGuard, createVerifier } from 'cognito-guard'
import { pool } from './pool.ts'

export const verifier = createVerifier({ issuers: [pool] })

export const guard = createGuard({
  verifier,
  onDecision: ({ status, code = 'authorized' }) => console.log(JSON.stringify({ status, code })),
})
