import { withBase } from 'vitepress'
import Theme from 'vitepress/theme-without-fonts'
import { h } from 'vue'
import './style.css'

export default { extends: Theme, Layout: () => h(Theme.Layout, null, { 'not-found': notFound }) }

/** As the theme's, and a landmark. */
const notFound = () =>
  h('main', { class: 'not-found vp-doc' }, [
    h('h1', '404: this page does not exist'),
    h('p', 'The search finds error codes, options and names.'),
    h('p', h('a', { href: withBase('/') }, 'To the first page')),
  ])
