import { field } from '../form.js'
import type { Local } from '../local.js'
import type { Challenge, Responses } from '../user-pool/question.js'
import { newSecret } from '../user-pool/totp.js'
import { html } from './html.js'
import { challengePage, codeField, inputField, newPassword } from './sign-in-pages.js'

/** The page that asks for what a sign-in still needs: a new password, a code, or which of them. */
export function questionPage(
  local: Local,
  challenge: Challenge,
  session: string,
  query: URLSearchParams,
  formTarget: string,
  error?: string,
): Response {
  const { name, app } = challenge
  if (app) app.secret ??= newSecret()
  return challengePage({
    ...partsOf(local, challenge),
    action: '/challenge',
    query: query.toString(),
    hidden: { session, challenge: name },
    button: 'Continue',
    formTarget,
    error,
  })
}

/** The form of a page as the answer of the API. */
export const responsesOf = ({ name, signIn }: Challenge, form: URLSearchParams): Responses => ({
  USERNAME: signIn.user.username,
  [`${name}_CODE`]: field(form, 'code'),
  NEW_PASSWORD: field(form, 'new_password'),
  ANSWER: field(form, 'answer'),
  ...Object.fromEntries([...form].filter(([key]) => key.startsWith('userAttributes.'))),
})

function partsOf(local: Local, { name, parameters, signIn: { user }, app }: Challenge) {
  switch (name) {
    case 'NEW_PASSWORD_REQUIRED': {
      const missing = JSON.parse(parameters.requiredAttributes as string) as string[]
      return {
        title: 'New password',
        intro: 'The first sign-in asks for a password of your own.',
        fields: [
          newPassword(local.config, 'new_password', true),
          ...missing.map(key =>
            inputField({ name: key, label: key.replace('userAttributes.', ''), autocomplete: 'on' }),
          ),
        ],
      }
    }
    case 'SELECT_MFA_TYPE': {
      const choices = JSON.parse(parameters.MFAS_CAN_CHOOSE as string) as string[]
      return {
        title: 'Second factor',
        intro: 'How do you want to go on?',
        fields: choices.map(
          (choice, index) =>
            html`<label><input type="radio" name="answer" value="${choice}"${index === 0 && html` checked`} data-testid="${choice}"> ${labels[choice]}</label>`,
        ),
      }
    }
    case 'MFA_SETUP':
      return {
        title: 'Authenticator app',
        intro: html`Enter this secret in your app: <code data-testid="secret">${app?.secret}</code>. <a href="otpauth://totp/${local.config.userPoolId}:${encodeURIComponent(user.username)}?secret=${app?.secret}&amp;issuer=${local.config.userPoolId}">Open it in the app</a>`,
        fields: [codeField()],
      }
    case 'SOFTWARE_TOKEN_MFA':
      return {
        title: 'Second factor',
        intro: 'Enter the code that your authenticator app shows.',
        fields: [codeField()],
      }
    default:
      return {
        title: 'Second factor',
        intro: `Enter the code that was sent to ${parameters.CODE_DELIVERY_DESTINATION}.`,
        fields: [codeField()],
        sentCode: user.codes.signIn?.value,
      }
  }
}

const labels: Readonly<Record<string, string>> = {
  SOFTWARE_TOKEN_MFA: 'Code of the authenticator app',
  SMS_MFA: 'Code by text message',
  EMAIL_OTP: 'Code by email',
}
