import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Returns what the built pages link to and load, and which of it leads nowhere or to another host. */
export function checkLinks(dist) {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).map(
    file => `/${file.replaceAll('\\', '/')}`,
  )
  const pages = new Map(
    files.filter(file => file.endsWith('.html')).map(file => [file, parsed(join(dist, file))]),
  )
  const known = new Set(files)
  const problems = []
  let links = 0
  for (const [page, { targets, loaded }] of pages) {
    for (const target of loaded) if (/^([a-z]+:)?\/\//i.test(target)) problems.push(`${page} loads ${target}`)
    for (const target of [...targets, ...loaded]) {
      const url = new URL(target, `http://site.invalid${page}`)
      if (url.host !== 'site.invalid') continue
      links++
      const path = decodeURIComponent(url.pathname)
      const file = [path, `${path}.html`, join(path, 'index.html')].find(each => known.has(each))
      const anchor = decodeURIComponent(url.hash.slice(1))
      const isFound = file && (anchor === '' || pages.get(file)?.ids.has(anchor))
      if (!isFound) problems.push(`${page} links to ${target}`)
    }
  }
  return { pages: [...pages.keys()], links, problems }
}

function parsed(file) {
  const html = readFileSync(file, 'utf8')
  const values = pattern => [...html.matchAll(pattern)].map(([, value]) => value.replaceAll('&amp;', '&'))
  return {
    ids: new Set(values(/<[^>]*\sid="([^"]*)"/g)),
    targets: values(/<a\s[^>]*href="([^"]*)"/g),
    loaded: [
      ...values(/<link\s[^>]*href="([^"]*)"/g),
      ...values(/<(?:script|img|source|iframe)\s[^>]*src="([^"]*)"/g),
    ],
  }
}
