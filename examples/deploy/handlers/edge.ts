// CloudFront, viewer request. There is no environment at the edge: the stack writes these values into the bundle.
import { edge } from 'cognito-guard/lambda'
import { guard } from './guard.ts'

export const handler = edge(guard)
