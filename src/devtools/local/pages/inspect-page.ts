import { inspect, type Report } from '../../inspect/inspect.js'
import type { Check } from '../../inspect/types.js'
import type { Local } from '../local.js'
import { type Html, html, pageResponse } from './html.js'

/** Answers `/inspect`: the page to paste a token into, and the verdict of an API that trusts this pool. Nothing leaves this machine. */
export async function inspectEndpoint(local: Local, request: Request): Promise<Response> {
  const text = new URLSearchParams(await request.text()).get('text') ?? undefined
  const report = text ? await inspectHere(local, text) : undefined
  return pageResponse({
    title: 'Inspect a token',
    header: html`<header><nav aria-label="Pages"><a href="/">Local Cognito</a><a href="/">Controls</a><a href="/inspect" aria-current="page">Inspect a token</a></nav></header>`,
    main: html`<h1>Why is this token refused?</h1>
${report && verdictHtml(report)}
${inspectForm(text)}
${report && detailsHtml(report)}`,
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
export const inspectForm = (text?: string): Html => html`<form method="post" action="/inspect">
<label for="text">A token, an Authorization header, or an event of API Gateway. It stays on this machine.</label>
<textarea id="text" name="text" rows="5" required spellcheck="false" autocomplete="off" data-testid="inspect-text">${text}</textarea>
<p><button class="main" data-testid="inspect">Inspect</button></p></form>`

/** What one came for: the verdict, the first check that fails, and how to fix it. */
function verdictHtml({ verdict, code, message, findings, checks }: Report): Html {
  const failed = checks.find(({ result }) => result === 'failed')
  const isBad = verdict !== 'accepted'
  return html`<section aria-labelledby="verdict"><h2 id="verdict" class="${isBad ? 'bad' : 'good'}" data-testid="verdict">${verdict}${
    code !== undefined && ` ${code}`
  }</h2>
<p>${message}.</p>
${isBad && failed && html`<div class="note" data-testid="fix">${checkHtml(failed)}</div>`}
${findings.length > 0 && html`<ul>${findings.map(({ what, fix }) => html`<li>${what} ${fix}</li>`)}</ul>`}</section>`
}

function detailsHtml({ input, description, facts, checks }: Report): Html {
  const passed = checks.filter(({ result }) => result === 'passed')
  const others = checks.filter(({ result }) => result !== 'passed')
  const ordered = others.toSorted((a, b) => order.indexOf(a.result) - order.indexOf(b.result))
  return html`<section aria-labelledby="facts"><h2 id="facts">What it is</h2>
<p>Input: ${input}. ${description}</p>
<dl class="facts">${facts.map(({ name, value }) => html`<dt>${name}</dt><dd>${value.replace(/^"(.*)"$/s, '$1')}</dd>`)}</dl></section>
<section aria-labelledby="all-checks"><h2 id="all-checks">Checks</h2>
<div data-testid="checks">${listOf(ordered)}
<details><summary>${passed.length} passed</summary>${listOf(passed)}</details></div></section>`
}

const listOf = (checks: readonly Check[]) =>
  html`<ul class="list">${checks.map(check => html`<li><div>${checkHtml(check)}</div></li>`)}</ul>`

const checkHtml = ({ name, result, expected, actual, fix }: Check) =>
  html`<b class="${classes[result]}">${result}: ${name}</b>${fix !== undefined && html`<br>${fix}`}
<dl class="facts small"><dt>expected</dt><dd class="code">${expected}</dd><dt>actual</dt><dd class="code">${actual}</dd></dl>`

const classes = { failed: 'bad', open: 'muted', passed: 'good' } as const
const order: readonly string[] = Object.keys(classes)
