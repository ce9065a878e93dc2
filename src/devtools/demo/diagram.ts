import { type Html, html } from '../local/pages/html.js'

const steps: readonly (readonly [id: string, title: string, text: string])[] = [
  ['sign-in', 'Sign in', 'user pool'],
  ['token', 'Token', 'signed, for an hour'],
  ['guard', 'Guard', 'your API'],
  ['answer', 'Answer', '200, 401 or 403'],
  ['exchange', 'Exchange', 'identity pool'],
  ['aws-call', 'AWS call', 'with a role'],
]

/** The steps from the sign-in to the answer, and from the token to AWS; on a phone one below the other. */
export const diagram: Html = html`<ol class="flow">
${steps.map(
  ([id, title, text]) =>
    html`<li class="step" id="step-${id}" data-testid="step-${id}"><b>${title}</b> <span>${text}</span></li>`,
)}
</ol>`

export const diagramStyle = `
.flow { list-style: none; margin: 1.5rem 0; padding: 0; display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem 2.75rem }
.step { position: relative; border: 2px solid var(--edge); border-radius: .75rem; padding: .6rem .75rem; text-align: center; transition: background .2s, border-color .2s }
.step b { display: block } .step span { font-size: .875rem; overflow-wrap: anywhere }
.step + .step::before { content: '\\2192' / ''; position: absolute; right: 100%; width: 2.75rem; top: calc(50% - .85rem); font-size: 1.2rem; color: var(--muted) }
#step-exchange { grid-column: 3 } #step-exchange::before { content: '\\21B3' / '' }
.step.good { border-color: var(--good); background: color-mix(in srgb, var(--good) 14%, Canvas) }
.step.bad { border-color: var(--bad); background: color-mix(in srgb, var(--bad) 14%, Canvas) }
@media (max-width: 46rem) {
.flow { grid-template-columns: 1fr; gap: 1.5rem }
.step { display: flex; justify-content: space-between; gap: 1rem; text-align: left } .step span { text-align: right }
.step + .step::before { content: '\\2193' / ''; right: auto; left: 0; width: 100%; top: -1.7rem; text-align: center }
#step-exchange { grid-column: 1 } #step-exchange::before { content: 'or' }
}
@media (prefers-reduced-motion: reduce) { .step { transition: none } }
`
