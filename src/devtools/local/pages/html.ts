import { randomUUID } from 'node:crypto'

/** Text that is already HTML. */
export interface Html {
  readonly html: string
}

/** HTML from a template: escapes each value that is not HTML already; joins lists. */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[] | undefined)[]
): Html {
  return { html: String.raw({ raw: strings }, ...values.map(text)) }
}

/** The parts of a page. */
interface PageParts {
  readonly title: string
  readonly main: Html
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
<body>
<main>${main}</main>
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

function text(value: string | number | Html | readonly Html[] | undefined): string {
  if (value === undefined) return ''
  if (typeof value !== 'object') return String(value).replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
  return 'html' in value ? value.html : value.map(({ html }) => html).join('')
}

/** A shield. */
const icon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path fill='%230b62c4' d='M8 0l6 2v6c0 4-3 7-6 8-3-1-6-4-6-8V2z'/></svg>"

const base = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 25%, transparent); --accent: #0b62c4; --good: #11773a; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --accent: #6cb2ff; --good: #5fd08a; --bad: #ff8a80 } }
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
fieldset { border: 1px solid var(--line); border-radius: .4rem; padding: .1rem .6rem .4rem; margin: 0 0 .4rem } fieldset label { display: inline-block; margin: 0 .75rem 0 0 }
.narrow { max-width: 26rem }
h1 { font-size: 1.5rem; margin: .5rem 0 } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem } p { margin: .5rem 0 }
a { color: var(--accent) }
label { display: block; margin: .75rem 0 .25rem }
input, select, textarea, button { font: inherit; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit; max-width: 100% }
form.stack input, form.stack button { width: 100% }
button, .button { cursor: pointer; border-color: var(--accent); color: var(--accent); text-decoration: none; display: inline-block; margin: .25rem .25rem .25rem 0 }
button.main { background: var(--accent); color: Canvas } .stack button { margin-top: 1rem }
:disabled { opacity: .5; cursor: default }
.button { border: 1px solid; border-radius: .4rem; padding: .4rem .6rem }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.alert { border: 1px solid var(--bad); color: var(--bad); padding: .5rem .75rem; border-radius: .4rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.code { white-space: nowrap }
code, pre, td.code { font-family: ui-monospace, monospace; font-size: .875em; overflow-wrap: anywhere }
pre { overflow: auto; border: 1px solid var(--line); border-radius: .4rem; padding: .75rem; white-space: pre-wrap }
.good { color: var(--good) } .bad { color: var(--bad) }
.row { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center }
`
