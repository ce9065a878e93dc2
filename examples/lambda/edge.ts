// CloudFront, viewer request. There are no environment variables at the edge: let the bundler put them in (esbuild: --define:process.env=...),
// the key set among them.
import { edge } from 'cognito-guard/lambda'
import { guard } from '../guard.js'

export const handler = edge(guard)
