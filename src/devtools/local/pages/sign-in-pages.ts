import type { IdentityProvider, ProviderUser } from '../types.js'
import type { LocalUser } from '../user-pool/users.js'
import { type Html, html, pageResponse } from './html.js'

/** What the sign-in page shows. */
interface SignInView {
  /** The query of the authorization request, which the forms repeat. */
  readonly query: string
  readonly users: readonly LocalUser[]
  readonly providers: readonly IdentityProvider[]
  readonly error?: string | undefined
  readonly hint?: string | undefined
  /** The app's callback URL. */
  readonly formTarget: string
}

/** The sign-in page: a password form, one button for each user, the providers, and the way to sign up. */
export const signInPage = ({ query, users, providers, error, hint, formTarget }: SignInView): Response =>
  pageResponse({
    title: 'Sign in',
    formTarget,
    status: error === undefined ? 200 : 400,
    main: html`<div class="narrow"><h1>Sign in</h1>
${alert(error)}
<form class="stack" method="post" action="/login?${query}">
${field('username', 'Username or email address', 'text', 'username', hint)}
${field('password', 'Password', 'password', 'current-password')}
<button class="main" data-testid="sign-in">Sign in</button>
</form>
<p><a href="/signup?${query}" data-testid="sign-up-link">Sign up</a></p>
<h2 id="one-click">Sign in with one click</h2>
<form class="row" method="post" action="/login?${query}" aria-labelledby="one-click">
${users.map(
  ({ username }) =>
    html`<button name="as" value="${username}" data-testid="sign-in-as-${username}">${username}</button>`,
)}
</form>
<h2>Sign in elsewhere</h2>
<p>${providers.map(
      ({ name }) =>
        html`<a class="button" href="/oauth2/authorize?${query}&amp;identity_provider=${encodeURIComponent(name)}" data-testid="sign-in-with-${name}">${name}</a>`,
    )}</p>
</div>`,
  })

/** The page on which a new user signs up. */
export const signUpPage = (query: string, error?: string): Response =>
  pageResponse({
    title: 'Sign up',
    status: error === undefined ? 200 : 400,
    main: html`<div class="narrow"><h1>Sign up</h1>
${alert(error)}
<form class="stack" method="post" action="/signup?${query}">
${field('username', 'Username', 'text', 'username')}
${field('email', 'Email address', 'email', 'email')}
${field('password', 'Password, at least 8 characters', 'password', 'new-password')}
<button class="main" data-testid="sign-up">Sign up</button>
</form></div>`,
  })

/** The page that asks a new user for the code, and shows it: there is no mail here. */
export const confirmPage = (
  query: string,
  { username, codes }: LocalUser,
  formTarget: string,
  error?: string,
): Response =>
  pageResponse({
    title: 'Confirm',
    formTarget,
    status: error === undefined ? 200 : 400,
    main: html`<div class="narrow"><h1>Confirm your account</h1>
${alert(error)}
<p>Cognito would send this code by mail: <code data-testid="mailed-code">${codes.signUp?.value}</code></p>
<form class="stack" method="post" action="/confirm?${query}">
<input type="hidden" name="username" value="${username}">
${field('code', 'Code', 'text', 'one-time-code')}
<button class="main" data-testid="confirm">Confirm</button>
</form></div>`,
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
    formTarget,
    main: html`<div class="narrow"><h1>${name}, played</h1>
<p>The real one would ask who you are. Here you choose.</p>
<form method="post" action="/provider?${query}">
${users.map(
  ({ userId }, index) =>
    html`<button name="user" value="${index}" data-testid="provider-user-${index}">${userId}</button>`,
)}
</form></div>`,
  })

/** A page for a request that cannot continue. */
export const errorPage = (problem: string): Response =>
  pageResponse({ title: 'Error', status: 400, main: html`<h1>This cannot go on</h1>${alert(problem)}` })

const alert = (problem: string | undefined): Html | undefined =>
  problem === undefined ? undefined : html`<p class="alert" role="alert" data-testid="error">${problem}</p>`

const field = (name: string, label: string, type: string, autocomplete: string, value = ''): Html =>
  html`<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" value="${value}" required data-testid="${name}">`
