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
  const isRestoring = process.argv[2] === '--restore'
  for (const file of ['README.md', 'SECURITY.md', 'CHANGELOG.md']) {
    const [current, original] = [join(root, file), join(kept, file)]
    // else it has been edited since a packing that failed
    const isRewritten =
      existsSync(original) &&
      published(readFileSync(original, 'utf8'), manifest) === readFileSync(current, 'utf8')
    if (isRestoring) {
      if (isRewritten) cpSync(original, current)
    } else if (!isRewritten) {
      mkdirSync(dirname(original), { recursive: true })
      cpSync(current, original)
      writeFileSync(current, published(readFileSync(original, 'utf8'), manifest))
    }
  }
  if (isRestoring) rmSync(kept, { recursive: true, force: true })
}
