// From the Markdown of the repository to the Markdown of the site: the same text, with the links that the site needs.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join, normalize } from 'node:path/posix'
import { pages, sections } from './sections.mjs'

/**
 * Writes every page of the repository into a folder. What a page links to and is none (a source, the folder of an example) becomes a page with
 * its code.
 *
 * @throws Error for a page of the repository that no section lists
 */
export function writePages(root, folder) {
  const listed = new Map(pages)
  const unlisted = markdownIn(root).filter(file => !listed.has(file))
  if (unlisted.length > 0) throw new Error(`tools/site/sections.mjs does not list ${unlisted.join(', ')}`)
  const sources = new Map()
  for (const [file, path] of pages)
    write(
      join(folder, `${path}.md`),
      withLinks(read(root, file), link => place(file, link)),
    )
  for (const [source, path] of sources) write(join(folder, `${path}.md`), codePage(root, source))
  write(join(folder, 'index.md'), home(root))

  /** Returns where a link of a page leads in the site. */
  function place(file, link) {
    if (/^([a-z][a-z+.-]*:|#)/i.test(link)) return link
    const [path, anchor] = link.split('#')
    const target = normalize(join(dirname(file), path)).replace(/\/$/, '')
    if (/\.(png|svg)$/.test(target)) return image(target)
    const hash = anchor === undefined ? '' : `#${anchor}`
    const page = listed.get(target) ?? listed.get(`${target}/README.md`)
    if (page) return `/${page}${hash}`
    sources.set(target, `source/${target.replaceAll('.', '-')}`)
    return `/${sources.get(target)}${hash}`
  }

  function image(target) {
    mkdirSync(folder, { recursive: true })
    copyFileSync(join(root, target), join(folder, basename(target)))
    return `./${basename(target)}`
  }
}

/** Writes what coding agents read: how to use the library with the list of pages, and all pages in one. */
export function writeLlms(root, folder) {
  const guide = read(root, 'llms.txt')
  const lists = sections.map(({ text, pages: own }) => {
    const links = own.map(([, path, title]) => `- [${title}](${path}.html)`)
    return `## ${text}\n\n${links.join('\n')}\n`
  })
  const texts = pages.map(([file]) => `<!-- ${file} -->\n\n${read(root, file)}`)
  write(join(folder, 'llms.txt'), [guide, ...lists, '[All pages in one](llms-full.txt)\n'].join('\n'))
  write(join(folder, 'llms-full.txt'), [guide, ...texts].join('\n'))
}

/** Replaces the targets of a text's links, but not in its code. */
function withLinks(text, place) {
  const code = /(?:^( *)(```+)[^]*?^\1\2 *$|`[^`\n]+`)/
  const link = /(\]\(\s*)([^\s)]+)(\s*\))|(^\[[^\]^]+\]:\s*)(\S+)/
  return text.replace(
    new RegExp(`${code.source}|${link.source}`, 'gm'),
    (all, _indentation, _fence, before, target, after, name, named) => {
      if (target) return before + place(target) + after
      return named ? name + place(named) : all
    },
  )
}

/** Returns a page with the code of a file, or of the files of a folder; the search leaves it out. */
function codePage(root, source) {
  const isFolder = statSync(join(root, source)).isDirectory()
  const parts = (isFolder ? filesIn(root, source) : [source]).map(file => {
    const language =
      languages[basename(file)] ?? extname(file).slice(1).replace('mjs', 'js').replace('svg', 'xml')
    const heading = isFolder ? `## ${file.slice(source.length + 1)}\n\n` : ''
    return `${heading}\`\`\`\`\`${language}\n${read(root, file)}\`\`\`\`\`\n`
  })
  return `---\nsearch: false\n---\n\n# ${source}\n\n${parts.join('\n')}`
}

/** Returns the home page: the README's first lines of code beneath what the library is. */
function home(root) {
  const [intro, start] = read(root, 'README.md').split('## Quick start')
  const [, tagline] = intro.split('\n\n')
  const [, code] = /```ts\n([^]*?)```/.exec(start)
  return `---
title: cognito-guard
titleTemplate: Amazon Cognito tokens, verified
pageClass: home
sidebar: false
aside: false
prev: false
next: false
---

<div class="hero">
<img src="/logo.svg" alt="" width="72" height="72">

# Amazon Cognito tokens, verified

${tagline}

<p class="actions"><a href="./quick-starts">Quick starts</a><a href="./inspect">Why is it a 401?</a><a href="./reference/">API reference</a></p>
</div>

\`\`\`sh
npm install cognito-guard
\`\`\`

\`\`\`ts
${code}\`\`\`

**Middleware and adapters** for [Express, Koa, Hono, Fastify, fetch and Node.js](/adapters), [Lambda, API Gateway and AppSync](/adapters),
[MCP servers](/mcp), and [any backend behind a proxy](/forward-auth).

**Strict.** ID tokens, other clients' tokens and forgeries are refused, and [every refusal has a code](/errors) and a fix.

**Up when the issuer is not.** [Keys are cached](/reliability) for a day of outage. An outage is a 503, never a 401.

**Tested without AWS.** A [local Cognito](/local) on your machine. No option turns verification off.

`
}

function filesIn(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (/^(node_modules|dist|cdk\.out|package-lock\.json|\..*)$/.test(entry.name)) return []
    return entry.isDirectory() ? filesIn(root, path) : [path]
  })
}

const markdownIn = root =>
  ['', 'docs', 'examples', 'benchmarks'].flatMap(folder =>
    (folder ? filesIn(root, folder) : readdirSync(root)).filter(file => file.endsWith('.md')),
  )

const read = (root, file) => readFileSync(join(root, file), 'utf8')

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Languages that a file's ending does not tell. */
const languages = {
  Caddyfile: 'txt',
  Dockerfile: 'docker',
  'apache.conf': 'apache',
  'nginx.conf': 'nginx',
  'haproxy.cfg': 'txt',
  'cognito-guard.service': 'ini',
}
