import { hasScope } from 'cognito-guard'
import { secure } from '../secure'

export default secure(hasScope('orders/read'), (_event, auth) => auth.principal)
