// Over 150 lines: nearly all of it is HTML.

import type { Local } from '../local.js'
import type { stateOf } from './controls.js'
import { type Html, html, pageResponse } from './html.js'
import { inspectForm } from './inspect-page.js'

/** The page with all controls. Each is a plain form; a script only adds decisions as they come. */
export function controlPage(
  local: Local,
  state: ReturnType<typeof stateOf>,
  problem: string | null,
): Response {
  return pageResponse({
    title: 'Controls',
    script,
    main: html`<h1>Local Cognito</h1>
${problem === null ? undefined : html`<p class="alert" role="alert" data-testid="error">${problem}</p>`}
<p>Signs as <code>${state.issuer}</code> with keys that were made when it started. Point your API at it:</p>
<pre data-testid="snippet">${snippet(local)}</pre>
${decisions(state, local.url)}
<section><h2>Why is this token refused?</h2>${inspectForm()}</section>
${clock(state)}
${keys(state)}
${people(state)}
${sessions(state)}`,
  })
}

type State = ReturnType<typeof stateOf>

function snippet({ url, config, issuer }: Local): string {
  const options = {
    userPoolId: config.userPoolId,
    clientId: config.clients.map(({ clientId }) => clientId),
    ...(config.issuer === 'local' && { issuer }),
    jwksUri: `${url}/${config.userPoolId}/.well-known/jwks.json`,
    insecureLoopbackHttp: true,
  }
  return `userPool(${JSON.stringify(options, null, 2)})`
}

const decisions = ({ decisions }: State, url: string) => html`<section aria-labelledby="decisions-title">
<h2 id="decisions-title">Decisions of your API</h2>
<p>Shown as they come: <code>createGuard({ verifier, onDecision: reportTo('${url}') })</code></p>
<table><thead><tr><th>Request</th><th>Status</th><th>Reason</th><th>How to fix it</th></tr></thead>
<tbody id="decisions" data-testid="decisions" aria-live="polite">
${decisions
  .toReversed()
  .map(
    ({ method, path, status, reason, hint }) =>
      html`<tr><td class="code">${method} ${path}</td><td class="${status === 200 ? 'good' : 'bad'}">${status}</td><td class="code">${reason}</td><td>${hint}</td></tr>`,
  )}
</tbody></table></section>`

const clock = ({ clockOffset, lifetimes, keySet }: State) => html`<section aria-labelledby="clock-title">
<h2 id="clock-title">Clock and lifetimes</h2>
${form(
  'clock',
  html`<label for="offset">Seconds ahead of this machine</label>
<input id="offset" name="offset" type="number" value="${clockOffset}" data-testid="clock-offset">`,
  'Set the clock',
)}
<div class="row">${[-7200, 0, 7200].map(offset =>
  form(
    'clock',
    html`<input type="hidden" name="offset" value="${offset}">`,
    offset === 0 ? 'Now' : `${offset > 0 ? '+' : '-'}2 h`,
  ),
)}</div>
${form(
  'lifetimes',
  html`${(['access', 'id', 'refresh'] as const).map(
    kind => html`<label for="life-${kind}">Seconds of ${kind} tokens</label>
<input id="life-${kind}" name="${kind}" type="number" min="1" value="${lifetimes[kind]}">`,
  )}`,
  'Set the lifetimes',
)}
<h2 id="key-set-title">Key set</h2>
${form(
  'key-set',
  html`<label for="mode">How it is answered</label>
<select id="mode" name="mode" data-testid="key-set-mode">${['ok', 'slow', 'error', 'hang', 'refuse'].map(
    mode => (mode === keySet.mode ? html`<option selected>${mode}</option>` : html`<option>${mode}</option>`),
  )}</select>
<label for="seconds">Seconds that "slow" takes</label>
<input id="seconds" name="seconds" type="number" min="0" value="${keySet.seconds}">`,
  'Set the behaviour',
)}</section>`

const keys = ({ keys }: State) => html`<section aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
<table><thead><tr><th>Key ID</th><th>Signs</th><th></th></tr></thead><tbody data-testid="keys">
${keys.map(
  ({ kid, signs }) =>
    html`<tr><td class="code">${kid}</td><td>${signs || 'nothing any more'}</td><td>${form(
      'withdraw-key',
      html`<input type="hidden" name="kid" value="${kid}">`,
      'Withdraw',
    )}</td></tr>`,
)}
</tbody></table>
${form('rotate-keys', html``, 'Rotate the keys')}</section>`

const people = ({
  users,
  groups,
}: State) => html`<section aria-labelledby="users-title"><h2 id="users-title">Users</h2>
<table><thead><tr><th>User</th><th>Groups</th><th></th></tr></thead><tbody>
${users.map(
  user =>
    html`<tr><td>${user.username}${
      user.codes.signUp && html`<br>mailed code: <code>${user.codes.signUp.value}</code>`
    }</td><td>${form(
      'groups',
      html`<input type="hidden" name="username" value="${user.username}">
<fieldset><legend>Groups of ${user.username}</legend>${groups.map(
        group =>
          html`<label><input type="checkbox" name="groups" value="${group}"${
            user.groups.includes(group) ? html` checked` : undefined
          }> ${group}</label>`,
      )}</fieldset>`,
      'Set the groups',
    )}</td><td>${form(
      'sign-out',
      html`<input type="hidden" name="username" value="${user.username}">`,
      `Sign ${user.username} out everywhere`,
    )}</td></tr>`,
)}
</tbody></table></section>`

const sessions = ({ sessions }: State) => html`<section aria-labelledby="sessions-title">
<h2 id="sessions-title">Sessions</h2>
<table><thead><tr><th>User</th><th>Client</th><th>Scopes</th><th></th></tr></thead><tbody data-testid="sessions">
${sessions.map(
  ({ id, username, clientId, scopes, isRevoked }) =>
    html`<tr><td>${username}</td><td>${clientId}</td><td>${scopes.join(' ')}</td><td>${
      isRevoked
        ? html`revoked`
        : form('revoke-session', html`<input type="hidden" name="session" value="${id}">`, 'Revoke')
    }</td></tr>`,
)}
</tbody></table></section>`

const form = (name: string, fields: Html, button: string): Html =>
  html`<form method="post" action="/_local/${name}">${fields}<button data-testid="${name}">${button}</button></form>`

/** Runs in the browser. Inserts text as text, never as HTML. */
const script = `
const rows = document.getElementById('decisions')
new EventSource('/_local/decisions').onmessage = ({ data }) => {
  const { method, path, status, reason, hint } = JSON.parse(data)
  const row = rows.insertRow(0)
  for (const text of [method + ' ' + path, status, reason, hint]) row.insertCell().textContent = text
  row.cells[0].className = row.cells[2].className = 'code'
  row.cells[1].className = status === 200 ? 'good' : 'bad'
}
`
