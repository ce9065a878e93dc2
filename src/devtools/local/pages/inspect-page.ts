import { inspect, type Report } from '../../inspect/inspect.js'
import type { Local } from '../local.js'
import { type Html, html, pageResponse } from './html.js'

/** Answers `/inspect`: the page to paste a token into, and the verdict of an API that trusts this pool. Nothing leaves this machine. */
export async function inspectEndpoint(local: Local, request: Request): Promise<Response> {
  const text = new URLSearchParams(await request.text()).get('text')
  const report = text ? await inspectHere(local, text) : undefined
  return pageResponse({
    title: 'Inspect a token',
    main: html`<p><a href="/">Controls</a></p>
<h1>Why is this token refused?</h1>
${inspectForm()}
${report === undefined ? undefined : reportHtml(report)}`,
  })
}

/** The report of an API that trusts this pool, with the pool's clock and keys. */
const inspectHere = ({ config, issuer, keys, clock }: Local, text: string): Promise<Report> =>
  inspect(text, {
    clock,
    userPool: {
      userPoolId: config.userPoolId,
      clientId: config.clients.map(({ clientId }) => clientId),
      issuer,
      jwks: keys.jwks(),
      offline: true,
      insecureLoopbackHttp: true,
    },
  })

/** The form to paste a token into; other pages use it too. */
export const inspectForm = (): Html => html`<form class="stack" method="post" action="/inspect">
<label for="text">A token, an Authorization header, or an event of API Gateway. It stays on this machine.</label>
<textarea id="text" name="text" rows="5" cols="80" required spellcheck="false" data-testid="inspect-text"></textarea>
<button data-testid="inspect">Inspect</button></form>`

const reportHtml = ({ verdict, code, message, cause, input, description, facts, findings, checks }: Report) =>
  html`<section aria-labelledby="verdict"><h2 id="verdict" class="${verdict === 'accepted' ? 'good' : 'bad'}" data-testid="verdict">${verdict}${
    code === undefined ? '' : ` ${code}`
  }</h2>
${cause && html`<p data-testid="cause">To fix: ${cause.fix}</p>`}
<p>${message}. Input: ${input}. ${description}</p>
<dl>${facts.map(({ name, value }) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<ul>${findings.map(({ what, fix }) => html`<li>${what} ${fix}</li>`)}</ul>
<table><thead><tr><th>Check</th><th>Result</th><th>Expected</th><th>Actual</th></tr></thead><tbody data-testid="checks">
${checks.map(
  ({ name, result, expected, actual }) =>
    html`<tr><td>${name}</td><td class="${result === 'failed' ? 'bad' : 'good'}">${result}</td><td>${expected}</td><td>${actual}</td></tr>`,
)}
</tbody></table></section>`
