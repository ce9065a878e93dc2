import { type Html, html } from '../local/pages/html.js'

interface Step {
  readonly id: string
  readonly x: number
  readonly y: number
  readonly title: string
  readonly text: string
}

const steps: readonly Step[] = [
  { id: 'sign-in', x: 10, y: 10, title: 'Sign in', text: 'user pool' },
  { id: 'token', x: 200, y: 10, title: 'Token', text: 'signed, for an hour' },
  { id: 'guard', x: 390, y: 10, title: 'Guard', text: 'your API' },
  { id: 'answer', x: 580, y: 10, title: 'Answer', text: '200, 401 or 403' },
  { id: 'exchange', x: 390, y: 120, title: 'Exchange', text: 'identity pool' },
  { id: 'aws-call', x: 580, y: 120, title: 'AWS call', text: 'with a role' },
]

const box = ({
  id,
  x,
  y,
  title,
  text,
}: Step) => html`<g class="step" id="step-${id}" data-testid="step-${id}">
<rect x="${x}" y="${y}" width="150" height="70" rx="10"/>
<text class="title" x="${x + 75}" y="${y + 30}">${title}</text><text x="${x + 75}" y="${y + 52}">${text}</text></g>`

const arrow = (path: string) => html`<path class="arrow" d="${path}" marker-end="url(#tip)"/>`

/** The steps from the sign-in to the answer, and to AWS. */
export const diagram: Html = html`<svg viewBox="0 0 740 200" role="img" aria-label="Sign in, token, guard, answer; or exchange for credentials, and a call of AWS">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>
${['M160 45H198', 'M350 45H388', 'M540 45H578', 'M275 80V155H388', 'M540 155H578'].map(arrow)}
${steps.map(box)}
</svg>`

export const diagramStyle = `
svg { width: 100%; height: auto; font: 14px system-ui, sans-serif }
.step rect { fill: transparent; stroke: var(--line); stroke-width: 2; transition: fill .2s, stroke .2s }
.step text { text-anchor: middle; fill: currentColor } .step .title { font-weight: 600; font-size: 17px }
.arrow { fill: none; stroke: var(--line); stroke-width: 2 } .tip { fill: currentColor; opacity: .4 }
.step.good rect { stroke: var(--good); fill: color-mix(in srgb, var(--good) 18%, transparent) }
.step.bad rect { stroke: var(--bad); fill: color-mix(in srgb, var(--bad) 18%, transparent) }
@media (prefers-reduced-motion: reduce) { .step rect { transition: none } }
`
