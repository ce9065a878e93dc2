import type { Local } from '../local/local.js'
import { html, pageResponse } from '../local/pages/html.js'
import { diagram, diagramStyle } from './diagram.js'
import { pageScript } from './page-script.js'

/** The page of the demo: it highlights each step of a request. Over 40 lines: nearly all of it is HTML. */
export const demoPage = ({ config, url }: Local, api: string): Response =>
  pageResponse({
    title: 'Demo',
    callTarget: api,
    style: diagramStyle,
    script: `const api = ${JSON.stringify(api)}
const pool = ${JSON.stringify({ url, clientId: config.clients[0]?.clientId, login: `cognito-idp.us-east-1.amazonaws.com/${config.userPoolId}`, identityPoolId: config.identityPool.identityPoolId })}
${pageScript}`,
    main: html`<h1>Who gets in?</h1>
<p>A Cognito and an API that trusts it, both on this machine. Sign in, call the API, and read why it lets you in or does not.</p>
${diagram}
<p aria-live="polite" data-testid="who" id="who">Nobody is signed in.</p>
<div class="row">
<button class="main" id="sign-in" data-testid="sign-in">Sign in</button>
<button id="sign-out" data-testid="sign-out" disabled>Sign out</button>
</div>
<h2 id="call">Call the API</h2>
<fieldset><legend>with</legend>
<label><input type="radio" name="token" value="access" checked data-testid="send-access"> the access token</label>
<label><input type="radio" name="token" value="id" data-testid="send-id"> the ID token</label>
<label><input type="radio" name="token" value="none" data-testid="send-none"> no token</label>
</fieldset>
<div class="row" role="group" aria-labelledby="call">
<button data-path="/me" data-testid="get-me">GET /me</button>
<button data-path="/orders" data-testid="get-orders">GET /orders, for the scope orders/read</button>
<button data-path="/admin" data-testid="get-admin">GET /admin, for the group admin</button>
</div>
<table><thead><tr><th>Request</th><th>Status</th><th>Reason</th><th>How to fix it</th></tr></thead>
<tbody id="answers" data-testid="answers" aria-live="polite"></tbody></table>
<h2 id="change">Change the world</h2>
<div class="row" role="group" aria-labelledby="change">
<button data-control="clock" data-input='{"offset":7200}' data-testid="clock-forward">Two hours later</button>
<button data-control="clock" data-input='{"offset":0}' data-testid="clock-now">Now</button>
<button data-control="rotate-keys" data-input="{}" data-testid="rotate-keys">Rotate the keys</button>
</div>
<p aria-live="polite" id="world" data-testid="world"></p>
<h2>Call AWS</h2>
<button id="exchange" data-testid="exchange">Exchange the ID token for credentials, and ask AWS who I am</button>
<p aria-live="polite" id="aws" data-testid="aws"></p>
<p><a href="/">All controls</a>, and <a href="/inspect">why a token is refused</a></p>`,
  })
