// Before packing: no link of a Markdown file of the package leads to what is not in it. After packing (`--restore`): the files as they were.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './ensure-installed.mjs'

/**
 * Returns a Markdown file of the package as it is published. Where package.json names a repository on the web, links to what is not in the
 * package lead there; where it names none, they are text that says the path, and pictures what they show.
 */
export function published(text, { files, repository, version }) {
  const isPublished = path =>
    ['README.md', 'LICENSE', 'package.json', ...files].some(
      file => path === file || path.startsWith(`${file}/`),
    )
  const base = /https:\/\/[^#]+?(?=\.git$|\/?$)/.exec(repository?.url ?? repository ?? '')?.[0]
  return text.replace(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g, (link, picture, label, target) => {
    const path = posix.normalize(target.replace(/#.*/, ''))
    if (/^(?:#|[a-z]+:)/i.test(target) || isPublished(path)) return link
    if (base) return `${picture}[${label}](${base}/${picture ? 'raw' : 'blob'}/v${version}/${target})`
    if (picture) return `*${label}: ${path} in the repository*`
    return label.replaceAll('`', '') === path ? label : `${label} (\`${path}\`)`
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kept = join(root, 'dist/unpublished')
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const file of ['README.md', 'SECURITY.md', 'CHANGELOG.md']) {
    const original = join(kept, file)
    if (process.argv[2] === '--restore') {
      if (existsSync(original)) cpSync(original, join(root, file))
      continue
    }
    mkdirSync(dirname(original), { recursive: true })
    // after a failed packing, what is kept is the original
    if (!existsSync(original)) cpSync(join(root, file), original)
    writeFileSync(join(root, file), published(readFileSync(original, 'utf8'), manifest))
  }
  if (process.argv[2] === '--restore') rmSync(kept, { recursive: true, force: true })
}
