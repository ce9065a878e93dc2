import { randomUUID } from 'node:crypto'

/** What a template takes. */
type Value = string | number | false | Html | readonly Html[] | undefined

/** Text that is already HTML. */
export interface Html {
  readonly html: string
}

/** HTML from a template: escapes each value that is not HTML already; joins lists. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: String.raw({ raw: strings }, ...values.map(text)) }
}

/** The parts of a page. */
interface PageParts {
  readonly title: string
  readonly main: Html
  /** What goes before it. Default: nothing. */
  readonly header?: Html
  /** A card in the middle of the screen, for one thing to do. */
  readonly isCard?: boolean
  /** JavaScript. Default: none, and the page's policy allows none. */
  readonly script?: string
  readonly status?: number
  /** The final targets of forms besides this server: a browser blocks redirects that `form-action` does not list. */
  readonly formTarget?: string
  /** What the script calls, besides this server. */
  readonly callTarget?: string
  /** More style. */
  readonly style?: string
}

/** A page that loads no external resources. */
export function pageResponse({
  title,
  main,
  header,
  isCard = false,
  script,
  status = 200,
  formTarget = '',
  callTarget = '',
  style = '',
}: PageParts): Response {
  // Over 40 lines: nearly all of it is HTML and style.
  const nonce = randomUUID()
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    script ? `script-src 'nonce-${nonce}'` : '',
    `connect-src 'self' ${callTarget}`,
    "img-src 'self' data:",
    `form-action 'self' ${formTarget}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - local Cognito</title>
<link rel="icon" href="${icon}">
<style nonce="${nonce}">${{ html: base + style }}</style>
</head>
<body${isCard && html` class="card"`}>
${header}<main>${main}</main>
${script === undefined ? undefined : { html: `<script nonce="${nonce}">${script}</script>` }}
</body>
</html>`
  return new Response(page.html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.filter(Boolean).join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
    },
  })
}

function text(value: Value): string {
  if (value === undefined || value === false) return ''
  if (typeof value !== 'object') return String(value).replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
  return 'html' in value ? value.html : value.map(({ html }) => html).join('')
}

/** A shield. */
const icon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path fill='%230b62c4' d='M8 0l6 2v6c0 4-3 7-6 8-3-1-6-4-6-8V2z'/></svg>"

/** `--line` parts, `--edge` is the border of what can be used: 3:1 at least (WCAG 2.2, 1.4.11). */
const base = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 25%, transparent); --edge: color-mix(in srgb, CanvasText 55%, Canvas); --soft: color-mix(in srgb, CanvasText 6%, Canvas); --muted: color-mix(in srgb, CanvasText 72%, Canvas); --accent: #0b62c4; --good: #11773a; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --accent: #6cb2ff; --good: #5fd08a; --bad: #ff8a80 } }
* { box-sizing: border-box }
[hidden] { display: none !important }
html { scroll-padding-top: 4rem }
body { margin: 0; background: Canvas; color: CanvasText; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
body > header { position: sticky; top: 0; z-index: 1; background: Canvas; border-bottom: 1px solid var(--line) } body > header nav { max-width: 60rem; margin: 0 auto; padding: 0 1rem; display: flex; gap: 0 1.25rem; overflow-x: auto; white-space: nowrap } body > header a { padding: .65rem 0; text-decoration: none } body > header a:hover { text-decoration: underline } body > header a:first-child { color: inherit; font-weight: 600 }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem } h3 { font-size: 1rem; margin: 1rem 0 .5rem } p { margin: .5rem 0 }
section + section { margin-top: 2.5rem }
a { color: var(--accent) } main a { overflow-wrap: anywhere }
label { display: block; margin: .75rem 0 .25rem }
input, select, textarea, button, .button { font: inherit; min-height: 2.5rem; padding: .4rem .75rem; border: 1px solid var(--edge); border-radius: .4rem; background: transparent; color: inherit; max-width: 100% }
input[type=checkbox], input[type=radio] { width: 1.25rem; height: 1.25rem; min-height: 0; margin: 0; vertical-align: -.25rem; accent-color: var(--accent) }
textarea { display: block; width: 100%; font-family: ui-monospace, monospace; font-size: .875em; overflow-wrap: anywhere }
form.stack input:not([type=checkbox]), form.stack button { width: 100% }
button, .button { cursor: pointer; border-color: var(--accent); color: var(--accent); text-decoration: none; display: inline-flex; flex-direction: column; align-items: center; justify-content: center; text-align: center; line-height: 1.4 } button:hover, .button:hover { background: color-mix(in srgb, var(--accent) 10%, transparent) }
button.main, .button.main { background: var(--accent); color: Canvas } .stack button { margin-top: 1rem }
:disabled { opacity: .5; cursor: default }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
fieldset { border: 1px solid var(--line); border-radius: .4rem; padding: .1rem .6rem .4rem; margin: 0 0 .75rem; min-width: 0 } fieldset label { display: inline-block; margin: .25rem .75rem .25rem 0; overflow-wrap: anywhere }
.narrow { max-width: 26rem }
.card main { max-width: 27rem; padding: 1.5rem } .card h2 { margin: 0 0 .5rem; font-size: 1rem } .card section { margin-top: 1.5rem } .card main > :first-child { margin: 0 0 1rem } .card .row a { padding: .6rem 0 }
@media (min-width: 30rem) { .card main { margin: 8vh auto; border: 1px solid var(--line); border-radius: .75rem; padding: 2rem } }
.alert { border: 1px solid var(--bad); color: var(--bad); padding: .5rem .75rem; border-radius: .4rem; overflow-wrap: anywhere }
.note { background: var(--soft); padding: .5rem .75rem; border-radius: .4rem }
.muted { color: var(--muted) } .small { font-size: .875rem }
.badge { font-size: .8125rem; border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; white-space: nowrap }
.choices { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .5rem } .choices > * { overflow-wrap: anywhere; min-width: 0 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.code { white-space: nowrap }
code, pre, td.code, .code { font-family: ui-monospace, monospace; font-size: .875em; overflow-wrap: anywhere }
pre { overflow: auto; border: 1px solid var(--line); border-radius: .4rem; padding: .75rem; white-space: pre-wrap; margin: .5rem 0 }
.list { list-style: none; padding: 0; margin: .5rem 0 } .list > li { border-top: 1px solid var(--line); padding: .75rem 0; display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between } .list > li > :first-child { min-width: 0; overflow-wrap: anywhere; flex: 1 1 16rem }
.facts { display: grid; grid-template-columns: minmax(6rem, auto) 1fr; gap: .25rem 1rem; margin: .5rem 0 } .facts dt { color: var(--muted) } .facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere }
summary { cursor: pointer; color: var(--accent); padding: .25rem 0; width: fit-content } details { flex-basis: 100% }
.good { color: var(--good) } .bad { color: var(--bad) }
.row { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center } .row.end { align-items: end } .row label { margin: 0 }
.toast { position: fixed; inset: auto 1rem 1rem; margin: 0 auto; max-width: 30rem; padding: .75rem 1rem; border-radius: .4rem; background: CanvasText; color: Canvas } .toast:empty { display: none }
@media (pointer: coarse) { input, select, button, .button, summary { min-height: 2.75rem } fieldset label { min-height: 2.75rem; padding-top: .5rem } }
`
