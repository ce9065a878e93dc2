import { field } from '../form.js'
import type { Local } from '../local.js'
import { challengePage, codeField, inputField, newPassword, signInName } from '../pages/sign-in-pages.js'
import { resetPassword } from '../user-pool/accounts.js'
import { sendCode } from '../user-pool/codes.js'
import { recoveryAddress } from '../user-pool/own-account.js'
import type { LocalUser } from '../user-pool/users.js'
import { arrive, formTarget, withForm } from './sign-in.js'

/** Answers `/forgotPassword`: asks who it is, and then sends a code. */
export const forgotPasswordEndpoint = (local: Local, request: Request): Promise<Response> =>
  withForm(local, request, (authorization, form, query) => {
    if (!form) return whoPage(local, query)
    const user = local.users.find(field(form, 'username'))
    if (user?.password === undefined)
      return whoPage(local, query, 'Nobody here has this name and a password.')
    try {
      sendCode(local, user, 'forgotPassword', recoveryAddress(user))
      return passwordPage(local, query, user, formTarget(authorization))
    } catch (error) {
      return whoPage(local, query, (error as Error).message)
    }
  })

/** Answers `/confirmForgotPassword`: the right code sets the new password, and signs the user in. */
export const confirmForgotPasswordEndpoint = (local: Local, request: Request): Promise<Response> =>
  withForm(local, request, async (authorization, form, query) => {
    const user = form && local.users.find(field(form, 'username'))
    if (!user) return whoPage(local, query)
    try {
      resetPassword(local, user, field(form, 'code'), field(form, 'new_password'))
      return await arrive(local, authorization, user, query)
    } catch (error) {
      return passwordPage(local, query, user, formTarget(authorization), (error as Error).message)
    }
  })

const whoPage = ({ config }: Local, query: URLSearchParams, error?: string) =>
  challengePage({
    title: 'Forgot your password?',
    intro: 'You get a code, and choose a new password with it.',
    action: '/forgotPassword',
    query: query.toString(),
    fields: [
      inputField({ name: 'username', label: signInName(config), autocomplete: 'username', isFirst: true }),
    ],
    button: 'Send the code',
    testId: 'forgot-password',
    error,
  })

const passwordPage = (
  { config }: Local,
  query: URLSearchParams,
  { username, codes }: LocalUser,
  target: string,
  error?: string,
) =>
  challengePage({
    title: 'Choose a new password',
    action: '/confirmForgotPassword',
    query: query.toString(),
    hidden: { username },
    fields: [codeField(), newPassword(config, 'new_password')],
    button: 'Set the password',
    testId: 'set-password',
    formTarget: target,
    error,
    sentCode: codes.forgotPassword?.value,
  })
