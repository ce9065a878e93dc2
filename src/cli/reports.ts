export type {
  Cause,
  Check,
  Fact,
  Finding,
  Network,
  Outcome,
  Report,
  TokenKind,
} from '../devtools/inspect/types.js'
export type { Diagnosis } from './diagnosis.js'
