// CloudFront, viewer request. There are no environment variables at the edge: bundle the options, and the key set with them.
import { edge } from 'cognito-guard/lambda'
import { guard } from '../guard.js'

export const handler = edge(guard)
