import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { sections } from '../sections.mjs'

const work = fileURLToPath(new URL('../.work', import.meta.url))

export default defineConfig({
  srcDir: '.work',
  outDir: 'dist',
  cacheDir: '.work/.cache',
  base: process.env.SITE_BASE ?? '/',
  lang: 'en',
  title: 'cognito-guard',
  description: 'Verifies Amazon Cognito tokens and guards APIs with them.',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${process.env.SITE_BASE ?? '/'}logo.svg` }]],
  metaChunk: true,
  router: { prefetchLinks: false },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: slugOf },
    headers: { slugify: slugOf },
    // what is wide scrolls by itself, so a keyboard must reach it
    config: md => {
      md.renderer.rules.table_open = () => '<table tabindex="0">\n'
      md.renderer.rules.code_block = (tokens, index) =>
        `<pre v-pre tabindex="0"><code>${md.utils.escapeHtml(tokens[index].content)}</code></pre>\n`
    },
  },
  themeConfig: {
    logo: { src: '/logo.svg', alt: '' },
    nav: [
      { text: 'Quick starts', link: '/quick-starts' },
      { text: 'Adapters', link: '/adapters' },
      { text: 'Errors', link: '/errors' },
      { text: 'API', link: '/reference/' },
    ],
    sidebar: sections.map(({ text, pages }) => ({
      text,
      items: [
        ...pages.map(([, path, title]) => ({ text: title, link: `/${path}` })),
        ...(text === 'Reference'
          ? [{ text: 'API', link: '/reference/', collapsed: true, items: entries() }]
          : []),
      ],
    })),
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          options: { tokenize },
          searchOptions: { boost: { title: 3, titles: 1, text: 1 }, prefix: true, fuzzy: 0.1, boostDocument },
        },
      },
    },
  },
})

/** The pages of the reference that name what is imported, in the order of the package's `exports`. */
function entries() {
  if (!existsSync(`${work}/reference/entries.json`)) return []
  const names = JSON.parse(readFileSync(`${work}/reference/entries.json`, 'utf8'))
  return names.map(name => ({ text: name, link: `/reference/${name}/` }))
}

/** Anchors as GitHub makes them: the Markdown of the repository uses them. */
function slugOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}

/** Names are found whole and by their parts. Runs in the browser, from its text alone. */
function tokenize(text) {
  return text.split(/[^\p{L}\p{N}_]+/u).flatMap(word => {
    const parts = word.split(/_|(?<=[a-z])(?=[A-Z])/)
    return parts.length > 1 ? [word, ...parts] : [word]
  })
}

/** Guides and options before the rest of the reference, and what applications import before what tests do. Runs in the browser, too. */
function boostDocument(id) {
  if (!id.includes('/reference/')) return 1
  if (/\/(testing|lambda|credentials)\//.test(id)) return 0.2
  return /\/(UserPool|Verifier|Guard)Options\./.test(id) ? 1 : 0.5
}
