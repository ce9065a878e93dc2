import type { Local } from '../local/local.js'
import { type Html, html, pageResponse } from '../local/pages/html.js'
import { diagram } from './diagram.js'
import { pageScript } from './page-script.js'
import { pageStyle } from './page-style.js'
import { routes } from './routes.js'

/** The page of the demo: it shows each request with its token, the route's code and the answer. Over 40 lines: nearly all of it is HTML. */
export const demoPage = ({ config }: Local, api: string): Response =>
  pageResponse({
    title: 'Demo',
    callTarget: api,
    style: pageStyle,
    script: `const api = ${JSON.stringify(api)}
const pool = ${JSON.stringify({ clientId: config.clients[0]?.clientId, login: `cognito-idp.us-east-1.amazonaws.com/${config.userPoolId}`, identityPoolId: config.identityPool.identityPoolId })}
${pageScript}`,
    main: html`<nav class="top" aria-label="cognito-guard"><b><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 0l6 2v6c0 4-3 7-6 8-3-1-6-4-6-8V2z"/></svg>cognito-guard</b>
<a href="/demo/README.md" data-testid="docs">Documentation</a><a href="/inspect">Token inspector</a><a href="/">All controls</a></nav>
<h1>See why a request is authorized or refused</h1>
<p class="lead">cognito-guard verifies Amazon Cognito tokens and guards your API with them. Here are a user pool, an app and an API to try it, all on this machine.</p>
<div class="row">
<button class="main" id="sign-in" data-testid="sign-in">Sign in</button>
<button id="sign-out" data-testid="sign-out" disabled>Sign out</button>
<p aria-live="polite" data-testid="who" id="who">Nobody is signed in. Sign in as bob, a reader, or alice, an admin; or call the API without a token.</p>
</div>
${diagram}
<div class="bench">
<section aria-labelledby="call"><h2 id="call">Call the API</h2>
<fieldset class="choices"><legend>with</legend>
${[
  ['access', 'the access token'],
  ['id', 'the ID token'],
  ['none', 'no token'],
].map(
  ([kind, text]) =>
    html`<label class="choice"><input type="radio" name="token" value="${kind}"${kind === 'access' ? html` checked` : undefined} data-testid="send-${kind}"> ${text}</label>`,
)}
</fieldset>
<div class="stack" role="group" aria-labelledby="call">
${[...routes].map(
  ([path, { policyCode }]) =>
    html`<button data-path="${path}" data-testid="get-${path.slice(1)}"><b>GET ${path}</b><code>${policyCode}</code></button>`,
)}
</div></section>
<div class="panels">
${panel('route', 'Route', html`<pre data-testid="code">${[...routes].map(([path, { code, claim }]) => html`<span data-route="${path}" data-claim="${claim}">${code}</span>`)}</pre>`, 'wide')}
${panel('request', 'Request', html`<pre id="curl" data-testid="curl"></pre>`, 'wide', html`<button id="copy" data-testid="copy" aria-live="polite">Copy as curl</button>`)}
${panel('answer', 'Answer', html`<pre id="answer" data-testid="answer"></pre><p class="fix" id="fix" data-testid="fix"></p>`, '', html`<span id="status" data-testid="status" aria-live="polite"></span>`)}
${panel('claims', 'Token, decoded', html`<pre id="token" data-testid="token"></pre>`, '', html`<span id="validity" data-testid="validity"></span>`)}
</div>
<section aria-labelledby="change"><h2 id="change">Time and keys</h2>
<div class="stack" role="group" aria-labelledby="change">
<button id="later" data-testid="clock-forward">Two hours later</button>
<button id="now" data-testid="clock-now">Back to now</button>
<button id="rotate-keys" data-testid="rotate-keys">Rotate the signing keys</button>
</div>
<p aria-live="polite" id="world" data-testid="world"></p></section>
<section aria-labelledby="call-aws"><h2 id="call-aws">Call AWS</h2>
<div class="stack"><button id="exchange" data-testid="exchange">Exchange the ID token for credentials, and ask AWS who I am</button></div>
<p aria-live="polite" id="aws" data-testid="aws"></p></section>
</div>
<table><thead><tr><th>Request</th><th>Status</th><th>Reason</th><th>How to fix it</th></tr></thead>
<tbody id="answers" data-testid="answers" aria-live="polite"></tbody></table>`,
  })

const panel = (id: string, title: string, content: Html, width: string, more?: Html) =>
  html`<section class="panel ${width}" aria-labelledby="${id}-title"><div><h3 id="${id}-title">${title}</h3>${more}</div>${content}</section>`
