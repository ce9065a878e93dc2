export { guard, verifier } from '../guard'
