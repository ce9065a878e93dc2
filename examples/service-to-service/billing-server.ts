// ACCOUNT_ISSUER=https://<uuid>.tokens.sts.global.api.aws CLUSTER_ISSUER=https://oidc.eks.eu-west-1.amazonaws.com/id/<ID>
// AUDIENCE=https://billing.example.com PORT=3001 node dist/examples/service-to-service/billing-server.js
import { awsWorkload, createGuard, createVerifier } from 'cognito-guard'
import { listen } from '../listen.js'
import { createBilling } from './billing.js'

const { ACCOUNT_ISSUER = '', CLUSTER_ISSUER = '', AUDIENCE: audience = '' } = process.env

const verifier = createVerifier({
  issuers: [ACCOUNT_ISSUER, CLUSTER_ISSUER].map(issuer => awsWorkload({ issuer, audience })),
})
listen(createBilling(createGuard({ verifier })), '/invoices', () => verifier.close())
