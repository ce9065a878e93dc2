import { field } from '../form.js'
import type { Local } from '../local.js'
import type { Challenge, Responses } from '../user-pool/question.js'
import { newSecret } from '../user-pool/totp.js'
import { type Html, html, pageResponse } from './html.js'

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
  const { title, intro, fields, sentCode } = partsOf(local, challenge)
  return pageResponse({
    title,
    formTarget,
    status: error === undefined ? 200 : 400,
    main: html`<div class="narrow"><h1>${title}</h1>
${error === undefined ? undefined : html`<p class="alert" role="alert" data-testid="error">${error}</p>`}
<p>${intro}</p>
${sentCode && html`<p>Cognito would send this code: <code data-testid="mailed-code">${sentCode}</code></p>`}
<form class="stack" method="post" action="/challenge?${query.toString()}">
<input type="hidden" name="session" value="${session}"><input type="hidden" name="challenge" value="${name}">
${fields}
<button class="main" data-testid="continue">Continue</button>
</form></div>`,
  })
}

/** The form of a page as the answer of the API. */
export const responsesOf = ({ name, signIn }: Challenge, form: URLSearchParams): Responses => ({
  USERNAME: signIn.user.username,
  [`${name}_CODE`]: field(form, 'code'),
  NEW_PASSWORD: field(form, 'password'),
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
          input('password', 'New password', 'password', 'new-password'),
          ...missing.map(key => input(key, key.replace('userAttributes.', ''), 'text', 'on')),
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
            html`<label><input type="radio" name="answer" value="${choice}"${index === 0 ? html` checked` : undefined} data-testid="${choice}"> ${labels[choice]}</label>`,
        ),
      }
    }
    case 'MFA_SETUP':
      return {
        title: 'Authenticator app',
        intro: html`Enter this secret in your app: <code data-testid="secret">${app?.secret}</code>. <a href="otpauth://totp/${local.config.userPoolId}:${encodeURIComponent(user.username)}?secret=${app?.secret}&amp;issuer=${local.config.userPoolId}">Open it in the app</a>`,
        fields: [codeField],
      }
    case 'SOFTWARE_TOKEN_MFA':
      return {
        title: 'Second factor',
        intro: 'Enter the code that your authenticator app shows.',
        fields: [codeField],
      }
    default:
      return {
        title: 'Second factor',
        intro: `Enter the code that was sent to ${parameters.CODE_DELIVERY_DESTINATION}.`,
        fields: [codeField],
        sentCode: user.codes.signIn?.value,
      }
  }
}

const input = (name: string, label: string, type: string, autocomplete: string): Html =>
  html`<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required data-testid="${name}">`

const codeField = input('code', 'Code', 'text', 'one-time-code')

const labels: Readonly<Record<string, string>> = {
  SOFTWARE_TOKEN_MFA: 'Code of the authenticator app',
  SMS_MFA: 'Code by text message',
  EMAIL_OTP: 'Code by email',
}
