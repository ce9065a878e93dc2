import { fault, type Operations, required } from '../aws.js'
import { checkAdmin, userOf } from './administrators.js'
import { sessionOfToken } from './own-tokens.js'

/** The calls about devices. The pool remembers none: lists are empty, and the others say that there is no such device. */
export const deviceOperations: Operations = {
  async ListDevices(local, { input }) {
    await sessionOfToken(local, required(input, 'AccessToken'))
    return { Devices: [] }
  },
  AdminListDevices(local, call) {
    checkAdmin(local, call)
    userOf(local, call.input)
    return { Devices: [] }
  },
  ...Object.fromEntries(
    ['ConfirmDevice', 'GetDevice', 'ForgetDevice', 'UpdateDeviceStatus'].map(
      name =>
        [
          name,
          async (local, { input }) => {
            await sessionOfToken(local, required(input, 'AccessToken'))
            throw notRemembered(name)
          },
        ] satisfies [string, Operations[string]],
    ),
  ),
  ...Object.fromEntries(
    ['AdminGetDevice', 'AdminForgetDevice', 'AdminUpdateDeviceStatus'].map(
      name =>
        [
          name,
          (local, call) => {
            checkAdmin(local, call)
            throw notRemembered(name)
          },
        ] satisfies [string, Operations[string]],
    ),
  ),
}

const notRemembered = (name: string) =>
  fault(
    'ResourceNotFoundException',
    `Device does not exist. ${name}: the local Cognito remembers no devices.`,
  )
