import { diagramStyle } from './diagram.js'

/** The style of the page, after that of all pages. `--edge` is the border of what can be used: 3:1 at least (WCAG 2.2, 1.4.11). */
export const pageStyle = `
:root { --edge: color-mix(in srgb, CanvasText 55%, Canvas); --muted: color-mix(in srgb, CanvasText 72%, Canvas) }
body { background: Canvas; color: CanvasText } main { max-width: 78rem; padding-top: .75rem }
button { min-height: 2.75rem; margin: 0 } button.main { font-weight: 600; padding: .4rem 1.25rem }
.top { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: center; border-bottom: 1px solid var(--line) }
.top a { display: inline-flex; align-items: center; min-height: 2.75rem } .top b { flex: 1; font-size: 1.1rem; white-space: nowrap } .top svg { height: 1.3em; vertical-align: -.25em; fill: var(--accent); margin-right: .4em }
h1 { font-size: clamp(1.6rem, 5vw, 2.4rem); line-height: 1.15; letter-spacing: -.02em; margin: 1.75rem 0 .5rem }
h2 { margin: 0 0 .75rem } section + section { margin-top: 0 }
.lead { max-width: 46rem; font-size: 1.1rem; color: var(--muted) }
.row { gap: .5rem .75rem } .row p { flex: 1 1 16rem; margin: 0 }
.bench { display: grid; grid-template: auto auto 1fr / 19rem minmax(0, 1fr); gap: 1.5rem; align-items: start } .panels { grid-area: 1 / 2 / 4 }
.choices { border: 0; padding: 0; margin: 0 0 .75rem; display: grid; grid-template-columns: 1fr } legend { padding: 0; color: var(--muted); font-size: .875rem }
fieldset .choice { display: flex; align-items: center; gap: .6rem; min-height: 2.75rem; margin: 0 } .choice input { width: 1.25rem; height: 1.25rem; min-height: 0; accent-color: var(--accent); margin: 0 }
.stack { display: grid; gap: .5rem } .stack button { width: 100%; margin: 0; text-align: left } .stack button b, .stack button code { display: block }
.stack button[aria-current=true] { background: color-mix(in srgb, var(--accent) 12%, Canvas); box-shadow: inset .25rem 0 var(--accent) }
.panels { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem } .wide { grid-column: 1 / -1 }
.panel { --accent: #6cb2ff; --edge: #7688a8; --good: #5fd08a; --bad: #ff8a80; background: #0d1526; color: #dbe4f3; border: 1px solid #33415c; border-radius: .75rem; overflow: hidden }
.panel > div { display: flex; align-items: center; gap: .75rem; min-height: 2.75rem; padding: 0 1rem; border-bottom: 1px solid #26334d } .panel h3 { font-size: .875rem; margin: 0; flex: 1; color: #a9b8d3 } .panel > div span { font-size: .875rem }
.panel button { border: 0; padding: 0 .25rem }
.panel pre { margin: 0; border: 0; padding: .9rem 1rem; font-size: .8125rem; line-height: 1.6 }
.panel [data-route] { display: block; padding: .1rem .5rem; margin: 0 -.5rem; border-left: 3px solid transparent; color: #a9b8d3 } .panel .on { background: #1b2a47; border-color: #6cb2ff; color: inherit }
.key { color: #9cc9ff } .value { color: #a5e0b5 } .hot { background: #5a4300; color: #ffe08a; border-radius: .2rem; box-shadow: 0 0 0 .15rem #5a4300 }
.elide { display: inline-block; max-width: 22ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; color: #a5e0b5 }
.fix { padding: .75rem 1rem; margin: 0; border-top: 1px solid #26334d } .fix:empty { display: none }
table { margin-top: 1.5rem } table:has(tbody:empty) { display: none } th { font-size: .875rem; color: var(--muted) }
@media (max-width: 60rem) { .bench { grid-template: none / minmax(0, 1fr) } .panels { grid-area: auto } }
@media (max-width: 46rem) {
.panels { grid-template-columns: minmax(0, 1fr) } .row button { flex: 1 1 auto }
thead { display: none } tr { display: grid; grid-template-columns: 1fr auto; border-bottom: 1px solid var(--line); padding: .5rem 0 } td { border: 0; padding: 0 } td:nth-child(n + 3) { grid-column: 1 / -1 } td.code { white-space: normal }
}
${diagramStyle}`
