import { secure } from '../secure'

export default secure(undefined, (_event, auth) => auth.principal)
