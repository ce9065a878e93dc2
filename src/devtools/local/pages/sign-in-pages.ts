// Over 150 lines: nearly all of it is HTML.
import type { Local } from '../local.js'
import type { Authorization, IdentityProvider, LocalConfig, ProviderUser } from '../types.js'
import type { LocalUser } from '../user-pool/users.js'
import { type Html, html, pageResponse } from './html.js'

/** What the sign-in page shows. */
interface SignInView {
  readonly local: Local
  readonly authorization: Authorization
  /** The query of the authorization request, which the forms repeat. */
  readonly query: string
  readonly users: readonly LocalUser[]
  readonly error?: string | undefined
  /** What is in the field for the username. */
  readonly hint?: string | undefined
  /** The app's callback URL. */
  readonly formTarget: string
}

/** The sign-in page: one button for each user, a password form, the providers, and the ways to sign up and to a new password. */
export function signInPage(view: SignInView): Response {
  const { local, authorization, query, users, error, hint, formTarget } = view
  const { config } = local
  const { client } = authorization
  const action = html`method="post" action="/login?${query}"`
  return pageResponse({
    title: 'Sign in',
    isCard: true,
    formTarget,
    status: error === undefined ? 200 : 400,
    main: html`${isLocal}
<h1>Sign in</h1>
<p class="muted">to <b>${client.name ?? client.clientId}</b><br><span class="small">pool <code>${config.userPoolId}</code></span></p>
${
  users.length > 0 &&
  html`<section><h2 id="one-click">With one click</h2>
${users.length > manyUsers ? picker(config, users, action) : oneClick(config, users, action)}
</section>`
}
<section><h2>With a password</h2>
${alert(error)}
<form class="stack" ${action}>
${inputField({ name: 'username', label: signInName(config), autocomplete: 'username', value: hint, isFirst: !hint })}
${inputField({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password', isFirst: !!hint })}
<button class="main" data-testid="sign-in">Sign in</button>
</form>
<div class="row"><a href="/forgotPassword?${query}" data-testid="forgot-password-link">Forgot your password?</a>
<a href="/signup?${query}" data-testid="sign-up-link">Sign up</a></div>
</section>
${
  config.identityProviders.length > 0 &&
  html`<section><h2>With a provider</h2>
<div class="choices">${config.identityProviders.map(
    ({ name }) =>
      html`<a class="button" href="/oauth2/authorize?${query}&amp;identity_provider=${encodeURIComponent(name)}" data-testid="sign-in-with-${name}">${name}</a>`,
  )}</div></section>`
}`,
  })
}

/** What people sign in with: `Username or email address`. */
export function signInName({ usernameAttributes, aliasAttributes }: LocalConfig): string {
  const names = usernameAttributes.length > 0 ? usernameAttributes : ['username', ...aliasAttributes]
  const text = names.map(name => labels[name] ?? name).join(' or ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

/** What a person is called on the pages: in a pool of addresses the username is a UUID. */
export const personName = (
  { usernameAttributes }: LocalConfig,
  { username, attributes }: LocalUser,
): string => usernameAttributes.map(name => attributes[name]).find(value => value !== undefined) ?? username

const oneClick = (config: LocalConfig, users: readonly LocalUser[], action: Html) =>
  html`<form class="choices" aria-labelledby="one-click" ${action}>${users.map(
    user =>
      html`<button name="as" value="${user.username}" data-testid="sign-in-as-${user.username}">${personName(config, user)}</button>`,
  )}</form>`

/** A list that the browser searches: no script. */
const picker = (config: LocalConfig, users: readonly LocalUser[], action: Html) =>
  html`<form class="stack" ${action}>
<label for="as">One of ${users.length} users</label>
<input id="as" name="as" list="users" required autocomplete="off" data-testid="sign-in-as">
<datalist id="users">${users.map(user => html`<option value="${personName(config, user)}">`)}</datalist>
<button>Sign in with one click</button></form>`

/** The page on which a new user signs up. */
export function signUpPage(
  config: LocalConfig,
  query: string,
  given?: URLSearchParams,
  error?: string,
): Response {
  const { usernameAttributes } = config
  const fields = signUpFields(config).map((name, index) =>
    inputField({
      name,
      label: name === 'username' && usernameAttributes.length > 0 ? signInName(config) : labelOf(name),
      type: types[name],
      autocomplete: autocompletes[name] ?? 'off',
      value: given?.get(name) ?? undefined,
      isFirst: index === 0,
    }),
  )
  return pageResponse({
    title: 'Sign up',
    isCard: true,
    status: error === undefined ? 200 : 400,
    main: html`${isLocal}
<h1>Sign up</h1>
${alert(error)}
<form class="stack" method="post" action="/signup?${query}">
${fields}
${newPassword(config, 'password')}
<button class="main" data-testid="sign-up">Sign up</button>
</form>
${backToSignIn(query)}`,
  })
}

/** The fields beside the password: what people sign in with, an email address, and what the pool requires. */
export function signUpFields({ usernameAttributes, attributes }: LocalConfig): string[] {
  const required = attributes.filter(attribute => attribute.required).map(({ name }) => name)
  const asked = new Set(['username', 'email', ...required])
  const [only, ...others] = usernameAttributes
  if (only && others.length === 0) asked.delete(only)
  return [...asked]
}

/** A field of {@link challengePage}. */
interface ChallengeField {
  readonly name: string
  readonly label: string
  readonly type?: string | undefined
  readonly autocomplete: string
  readonly value?: string | undefined
  /** A sentence below the field. */
  readonly hint?: string | undefined
  /** Whether the page begins with it. */
  readonly isFirst?: boolean
}

/** What a page asks somebody for between the password and the app. */
interface Challenge {
  readonly title: string
  /** What is asked for, and why. */
  readonly intro?: string | Html
  /** Where the form goes. */
  readonly action: string
  readonly query: string
  /** Values that the form repeats. */
  readonly hidden?: Readonly<Record<string, string>>
  readonly fields: readonly Html[]
  readonly button: string
  /** `data-testid` of the button. */
  readonly testId?: string
  readonly formTarget?: string
  readonly error?: string | undefined
  /** A code that Cognito would send: shown, and filled in with one click where the form needs nothing else. */
  readonly sentCode?: string | undefined
}

/** A page with one form: a code, a new password, or both. The first field has the focus. */
export function challengePage(challenge: Challenge): Response {
  const {
    title,
    intro,
    action,
    query,
    hidden = {},
    fields,
    button,
    testId,
    formTarget,
    error,
    sentCode,
  } = challenge
  const form = html`method="post" action="${action}?${query}"`
  const repeated = Object.entries(hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  return pageResponse({
    title,
    isCard: true,
    ...(formTarget !== undefined && { formTarget }),
    status: error === undefined ? 200 : 400,
    main: html`${isLocal}
<h1>${title}</h1>
${alert(error)}
${intro !== undefined && html`<p>${intro}</p>`}
${
  sentCode !== undefined &&
  html`<form class="note row" ${form}>${repeated}<span>Cognito would send this code: <b class="code" data-testid="mailed-code">${sentCode}</b></span>
${fields.length === 1 && html`<button name="code" value="${sentCode}" data-testid="use-code">Use it</button>`}</form>`
}
<form class="stack" ${form}>${repeated}
${fields}
<button class="main" data-testid="${testId ?? 'continue'}">${button}</button>
</form>
${backToSignIn(query)}`,
  })
}

/** A labelled field. */
export function inputField({
  name,
  label,
  type = 'text',
  autocomplete,
  value,
  hint,
  isFirst,
}: ChallengeField): Html {
  const numeric = autocomplete === 'one-time-code' && html` inputmode="numeric"`
  return html`<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" value="${value}" required${numeric}${
    hint !== undefined && html` aria-describedby="${name}-hint"`
  }${isFirst === true && html` autofocus`} data-testid="${name}">
${hint !== undefined && html`<p class="muted small" id="${name}-hint">${hint}</p>`}`
}

/** A field for a new password, with the rules of the pool. */
export const newPassword = ({ passwordPolicy }: LocalConfig, name: string, isFirst = false): Html =>
  inputField({
    name,
    label: name === 'password' ? 'Password' : 'New password',
    type: 'password',
    autocomplete: 'new-password',
    hint: passwordRules(passwordPolicy),
    isFirst,
  })

/** The field for a code that was sent. */
export const codeField = (isFirst = true): Html =>
  inputField({ name: 'code', label: 'Code', autocomplete: 'one-time-code', isFirst })

/** The rules for a password in a sentence: `At least 8 characters, with a lowercase letter and a number.` */
function passwordRules(policy: LocalConfig['passwordPolicy']): string {
  const needed = [
    policy.requireLowercase && 'a lowercase letter',
    policy.requireUppercase && 'an uppercase letter',
    policy.requireNumbers && 'a number',
    policy.requireSymbols && 'a symbol',
  ].filter(Boolean)
  const last = needed.pop()
  const list = needed.length > 0 ? `${needed.join(', ')} and ${last}` : last
  return `At least ${policy.minimumLength} characters${list ? `, with ${list}` : ''}.`
}

/** The page that asks a new user for the code, and shows it: there is no mail here. */
export const confirmPage = (query: string, user: LocalUser, formTarget: string, error?: string): Response =>
  challengePage({
    title: 'Confirm your account',
    action: '/confirm',
    query,
    hidden: { username: user.username },
    fields: [codeField()],
    button: 'Confirm',
    testId: 'confirm',
    formTarget,
    error,
    sentCode: user.codes.signUp?.value,
  })

/** The page that simulates the sign-in at a provider. */
export const providerPage = (
  { name }: IdentityProvider,
  users: readonly ProviderUser[],
  query: string,
  formTarget: string,
): Response =>
  pageResponse({
    title: name,
    isCard: true,
    formTarget,
    main: html`${isLocal}
<h1>Sign in with ${name}</h1>
<p>${name} would ask who you are. Here you choose.</p>
<form class="stack" method="post" action="/provider?${query}">
${users.map(({ userId, attributes: { name: person, email } = {} }, index) => {
  const [first, ...others] = [person, email, userId].filter(
    (text, at, all) => text && all.indexOf(text) === at,
  )
  return html`<button name="user" value="${index}" data-testid="provider-user-${index}">${first}${others.map(
    other => html`<span class="small muted">${other}</span>`,
  )}</button>`
})}
</form>
${backToSignIn(query)}`,
  })

/** What was sent, and what would have been right. */
interface ErrorDetails {
  /** Name and value of the parameter, `null` when there was none. */
  readonly sent?: readonly [name: string, value: string | null]
  /** What the values are that there are. */
  readonly known?: readonly [label: string, values: readonly string[]]
}

/** A page for a request that cannot continue. */
export const errorPage = (problem: string, { sent, known }: ErrorDetails = {}): Response =>
  pageResponse({
    title: 'Error',
    isCard: true,
    status: 400,
    main: html`${isLocal}
<h1>This cannot go on</h1>
${alert(problem)}
${
  sent &&
  html`<p>${
    sent[1] === null
      ? html`No <code>${sent[0]}</code> was sent.`
      : html`<code>${sent[0]}</code> was <code data-testid="sent">${sent[1]}</code>.`
  }</p>`
}
${known && html`<p>${known[0]}:</p><ul data-testid="known">${known[1].map(value => html`<li><code>${value}</code></li>`)}</ul>`}
<p>Correct it in your app, go back, and try again. <a href="/">All users, clients and controls</a></p>`,
  })

const isLocal = html`<p class="note small">A local Cognito, for development: anybody gets in. <a href="/">Controls</a></p>`

const backToSignIn = (query: string) => html`<p><a href="/login?${query}">Back to the sign-in</a></p>`

const alert = (problem: string | undefined): Html | undefined =>
  problem === undefined ? undefined : html`<p class="alert" role="alert" data-testid="error">${problem}</p>`

const labelOf = (name: string) => {
  const text = labels[name] ?? name.replace(/^custom:/, '').replaceAll('_', ' ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

const labels: Readonly<Record<string, string>> = {
  email: 'email address',
  phone_number: 'phone number',
  preferred_username: 'preferred username',
}

const types: Readonly<Record<string, string>> = { email: 'email', phone_number: 'tel', birthdate: 'date' }

const autocompletes: Readonly<Record<string, string>> = {
  username: 'username',
  email: 'email',
  phone_number: 'tel',
  name: 'name',
  given_name: 'given-name',
  family_name: 'family-name',
  birthdate: 'bday',
}

/** From here on buttons are more than one looks through. */
const manyUsers = 12
