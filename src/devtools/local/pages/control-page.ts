// Over 150 lines: nearly all of it is HTML.

import { duration } from '../../inspect/show.js'
import type { Local } from '../local.js'
import { cookieOf } from '../oauth/authorization.js'
import { controlScript } from './control-script.js'
import { stateOf } from './controls.js'
import { type Html, html, pageResponse } from './html.js'
import { inspectForm } from './inspect-page.js'
import { personName } from './sign-in-pages.js'

/** The page with all controls. Each is a plain form; a script copies tokens, searches users, and adds decisions as they come. */
export function controlPage(local: Local, request: Request): Response {
  const state = stateOf(local)
  const problem = new URL(request.url).searchParams.get('problem')
  return pageResponse({
    title: 'Controls',
    script: controlScript,
    header,
    main: html`<h1>Local Cognito</h1>
<p>Pool <code>${state.userPoolId}</code>, for development: whoever can reach it signs in as anybody.</p>
${problem !== null && html`<p class="alert" role="alert" data-testid="error">${problem}</p>`}
${people(local, state, cookieOf(request))}
${setup(local)}
${decisions(state, local.url)}
<section aria-labelledby="inspect-title"><h2 id="inspect-title">Why is this token refused?</h2>${inspectForm()}</section>
${clock(state)}
${keys(state)}
${sessions(local)}
<p class="toast" role="status" id="said" data-testid="said"></p>`,
  })
}

type State = ReturnType<typeof stateOf>

const header = html`<header><nav aria-label="Sections"><a href="/" aria-current="page">Local Cognito</a>${(
  [
    ['users', 'Users'],
    ['set-up', 'Set up'],
    ['decisions-of-api', 'Decisions'],
    ['clock', 'Clock'],
    ['keys', 'Keys'],
    ['sessions', 'Sessions'],
  ] as const
).map(
  ([id, text]) => html`<a href="#${id}">${text}</a>`,
)}<a href="/inspect">Inspect a token</a></nav></header>`

function people(local: Local, { groups }: State, cookie: string | undefined): Html {
  const users = local.users.all()
  const here = local.sessions.browser(cookie)?.user
  return html`<section aria-labelledby="users"><h2 id="users">Users</h2>
${
  users.length > fewUsers &&
  html`<label for="search">Search ${users.length} users</label><input id="search" type="search" autocomplete="off" data-testid="search">`
}
<noscript><p>Without a script nothing can be copied; <code>POST /_local/tokens</code> gives tokens.</p></noscript>
<ul class="list" id="people" data-testid="users">
${users.map(user => {
  const { username, status, enabled, groups: own, attributes, codes } = user
  const badges = [
    ...(statusTexts[status] ?? []),
    ...(enabled ? [] : ['disabled']),
    ...(user === here ? ['signed in in this browser'] : []),
  ]
  const name = personName(local.config, user)
  const sent = Object.entries(codes)
  return html`<li data-user="${username}">
<div><b>${name}</b>${badges.map(badge => html` <span class="badge">${badge}</span>`)}<br>
<span class="muted small">${[attributes.email === name ? undefined : attributes.email, own.join(', ') || 'no group'].filter(Boolean).join(' · ')}</span>
${sent.map(([purpose, code]) => html`<br><span class="small">${codeTexts[purpose]}, mailed code: <code>${code.value}</code></span>`)}</div>
<div class="row">
<button data-copy="access" aria-label="Copy access token: ${name}" data-testid="copy-${username}">Copy access token</button>
<button data-copy="curl" aria-label="Copy curl: ${name}">Copy curl</button>
${form('sign-in', hidden('username', username), 'Sign in', `${name} in this browser`)}
${form('sign-out', hidden('username', username), 'Sign out', `${name} everywhere`)}
</div>
<details><summary>More <span class="small">of ${name}</span></summary>
<p><button data-copy="id" aria-label="Copy ID token: ${name}">Copy ID token</button></p>
<p class="small">For scripts:</p><pre>curl -d ${quoted(JSON.stringify({ username }))} ${local.url}/_local/tokens</pre>
<dl class="facts small"><dt>sub</dt><dd class="code">${user.sub}</dd>${Object.entries(attributes).map(
    ([attribute, value]) => html`<dt>${attribute}</dt><dd>${value}</dd>`,
  )}</dl>
${
  groups.length > 0 &&
  form(
    'groups',
    html`${hidden('username', username)}<fieldset><legend>Groups of ${name}</legend>${groups.map(
      group =>
        html`<label><input type="checkbox" name="groups" value="${group}"${own.includes(group) && html` checked`}> ${group}</label>`,
    )}</fieldset>`,
    'Set the groups',
  )
}
</details></li>`
})}
</ul>
<p id="found" class="muted" role="status"></p></section>`
}

/** A word of a shell: whoever signs up chooses the name that a developer copies into one. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

function setup(local: Local): Html {
  const { clients, config, issuer, stateFile, url, users } = local
  const options = {
    userPoolId: config.userPoolId,
    clientId: config.clients.map(({ clientId }) => clientId),
    ...(config.issuer === 'local' && { issuer }),
    jwksUri: `${url}/${config.userPoolId}/.well-known/jwks.json`,
    insecureLoopbackHttp: true,
  }
  return html`<section aria-labelledby="set-up"><h2 id="set-up">Point your API at it</h2>
<p>It signs as <code>${issuer}</code>, ${stateFile === undefined ? 'with keys that were made when it started' : html`with the keys of <code>${stateFile}</code>, which holds ${users.all().length} users`}.</p>
<pre id="snippet" data-testid="snippet">userPool(${JSON.stringify(options, null, 2)})</pre>
<p><button data-copy="text" data-from="snippet">Copy</button></p>
<label for="api">Where your API listens, for "Copy curl"</label><input id="api" type="url" value="http://127.0.0.1:3000/me" size="28">
<h3>App clients</h3>
<ul class="list">${clients.map(
    ({ clientId, name, secret, callbackUrls = [`${url}/`] }) => html`<li>
<div><b>${name ?? clientId}</b> <span class="badge">${secret === undefined ? 'public' : 'with a secret'}</span>${name !== undefined && html`<br><code>${clientId}</code>`}</div>
<div class="row">${callbackUrls.map(callback => html`<a class="button" href="${signIn(clientId, callback)}">Start a sign-in${callback !== `${url}/` && html` to ${callback}`}</a>`)}</div></li>`,
  )}</ul></section>`
}

/** A request of an app, as far as one can be sent without it. */
const signIn = (client_id: string, redirect_uri: string) =>
  `/oauth2/authorize?${new URLSearchParams({ client_id, response_type: 'code', redirect_uri }).toString()}`

const decisions = ({ decisions }: State, url: string) => html`<section aria-labelledby="decisions-of-api">
<h2 id="decisions-of-api">Decisions of your API</h2>
<p>Shown as they come:</p>
<pre id="report">import { reportTo } from 'cognito-guard/testing'

createGuard({ verifier, onDecision: reportTo('${url}') })</pre>
<p><button data-copy="text" data-from="report">Copy</button></p>
<p class="muted" id="none"${decisions.length > 0 && html` hidden`}>None yet.</p>
<ul class="list" id="decisions" data-testid="decisions" aria-live="polite">
${decisions
  .toReversed()
  .map(
    ({ method, path, status, reason, hint }) =>
      html`<li><code>${method} ${path}</code><b class="${status === 200 ? 'good' : 'bad'}">${status} ${reason}</b><span>${hint}</span></li>`,
  )}
</ul></section>`

const clock = ({ clockOffset, lifetimes, keySet }: State) => html`<section aria-labelledby="clock">
<h2 id="clock">Clock and lifetimes</h2>
<p data-testid="clock">The clock ${clockOffset === 0 ? html`is that of this machine.` : html`is <b>${duration(Math.abs(clockOffset))} ${clockOffset > 0 ? 'ahead' : 'behind'}</b>.`}</p>
<div class="row end">${[-7200, 0, 7200].map(offset =>
  form(
    'clock',
    hidden('offset', String(offset)),
    offset === 0 ? 'Now' : `2 hours ${offset > 0 ? 'ahead' : 'behind'}`,
  ),
)}
${form(
  'clock',
  html`<div><label for="offset">Seconds ahead of this machine</label>
<input id="offset" name="offset" type="number" value="${clockOffset}" data-testid="clock-offset"></div>`,
  'Set the clock',
)}</div>
<h3>Lifetimes of tokens, in seconds</h3>
${form(
  'lifetimes',
  html`${(['access', 'id', 'refresh'] as const).map(
    kind => html`<div><label for="life-${kind}">${kinds[kind]} tokens: ${duration(lifetimes[kind])}</label>
<input id="life-${kind}" name="${kind}" type="number" min="1" value="${lifetimes[kind]}"></div>`,
  )}`,
  'Set the lifetimes',
)}</section>
<section aria-labelledby="key-set"><h2 id="key-set">Key set</h2>
${form(
  'key-set',
  html`<div><label for="mode">How it is answered</label>
<select id="mode" name="mode" data-testid="key-set-mode">${['ok', 'slow', 'error', 'hang', 'refuse'].map(
    mode => html`<option${mode === keySet.mode && html` selected`}>${mode}</option>`,
  )}</select></div>
<div><label for="seconds">Seconds that "slow" takes</label>
<input id="seconds" name="seconds" type="number" min="0" value="${keySet.seconds}"></div>`,
  'Set the behaviour',
)}</section>`

const keys = ({ keys }: State) => html`<section aria-labelledby="keys"><h2 id="keys">Keys</h2>
<ul class="list" data-testid="keys">${keys.map(
  ({ kid, signs }) =>
    html`<li><div><code>${kid}</code><br><span class="muted small">signs ${signs.replace('id', 'ID') || 'nothing any more'}</span></div>${form(
      'withdraw-key',
      hidden('kid', kid),
      'Withdraw',
      `the key ${kid}`,
    )}</li>`,
)}</ul>
${form('rotate-keys', html``, 'Rotate the keys')}</section>`

function sessions({ clock, config, sessions: { all } }: Local): Html {
  const now = Math.floor(clock.now() / 1000)
  const sessions = all()
  const latest = sessions.toReversed().slice(0, mostSessions)
  const older = sessions.length - latest.length
  return html`<section aria-labelledby="sessions"><h2 id="sessions">Sessions</h2>
${sessions.length === 0 && html`<p class="muted">Nobody has signed in yet.</p>`}
<ul class="list" data-testid="sessions">${latest.map(
    ({ id, user, clientId, scopes, signedInAt, isRevoked }) =>
      html`<li><div><b>${personName(config, user)}</b> at ${clientId}, ${duration(Math.max(0, now - signedInAt))} ago<br><span class="muted small">${scopes.join(' ')}</span></div>${
        isRevoked
          ? html`<span class="badge">revoked</span>`
          : form(
              'revoke-session',
              hidden('session', id),
              'Revoke',
              `the session of ${personName(config, user)}`,
            )
      }</li>`,
  )}</ul>
${older > 0 && html`<p class="muted">And ${older} older: <code>GET /_local/state</code> has them all.</p>`}</section>`
}

/** A control. `of` says to a screen reader which one of many it is. */
const form = (name: string, fields: Html, button: string, of?: string): Html =>
  html`<form class="row end" method="post" action="/_local/${name}">${fields}<button data-testid="${name}"${of !== undefined && html` aria-label="${button}: ${of}"`}>${button}</button></form>`

const hidden = (name: string, value: string) => html`<input type="hidden" name="${name}" value="${value}">`

const kinds = { access: 'Access', id: 'ID', refresh: 'Refresh' } as const

const statusTexts: Readonly<Record<string, string[]>> = {
  UNCONFIRMED: ['unconfirmed'],
  FORCE_CHANGE_PASSWORD: ['new password required'],
  RESET_REQUIRED: ['reset required'],
  EXTERNAL_PROVIDER: ['by a provider'],
}

const codeTexts: Readonly<Record<string, string>> = {
  signUp: 'To confirm the account',
  forgotPassword: 'For a new password',
  email: 'To verify the email address',
  phone_number: 'To verify the phone number',
  invitation: 'Temporary password',
}

/** From here on there is a search. */
const fewUsers = 8

const mostSessions = 20
