import { inGroup } from 'cognito-guard'
import { secure } from '../secure'

export default secure(inGroup('admin'), (_event, auth) => auth.principal)
