// The API reference: pages for each entry of the package, from TSDoc, and what is missing in it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application, Converter, ReflectionKind, ReflectionType } from 'typedoc'

/**
 * Writes the reference into a folder.
 *
 * @returns the names that are imported, and the problems: names without a text, links that lead nowhere
 */
export async function writeReference(root, folder) {
  const names = entriesOf(root)
  const problems = []
  const app = await Application.bootstrapWithPlugins({
    ...options,
    tsconfig: join(root, 'tsconfig.json'),
    basePath: root,
    entryPoints: [...names.keys()],
    outputs: [{ name: 'markdown', path: folder }],
  })
  app.logger.log = (message, level) => {
    if (level >= 2 && !ofUnion.test(message)) problems.push(message)
  }
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children)
      module.name = names.get(project.getSymbolIdFromReflection(module)?.fileName) ?? module.name
  })
  const project = await app.convert()
  if (project) {
    app.validate(project)
    problems.push(...withoutText(project))
    await app.generateOutputs(project)
  }
  return { entries: [...names.values()], problems }
}

/** The source of each entry in `exports`, and the name that is imported. */
function entriesOf(root) {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entries = Object.entries(exports).filter(([, entry]) => entry.import)
  return new Map(
    entries.map(([path, entry]) => [
      join(root, entry.import.types.replace('./dist/', '').replace(/\.d\.ts$/, '.ts')),
      join(name, path),
    ]),
  )
}

/** Every exported name and every member needs a text. That of a member or of a result stands for the parts of the object that it is. */
function withoutText(project) {
  const named = project.getReflectionsByKind(kinds).filter(reflection => {
    const { packageName } = project.getSymbolIdFromReflection(reflection) ?? {}
    return packageName === 'cognito-guard' && !isPart(reflection) && !shapes.has(reflection.parent?.name)
  })
  const missing = named.filter(
    reflection => ![reflection, ...signaturesOf(reflection)].some(each => each.hasComment()),
  )
  const unknown = [...shapes].filter(shape => !named.some(({ name }) => name === shape))
  return [
    ...missing.map(
      reflection =>
        `no text: ${reflection.getFriendlyFullName()} (${project.getSymbolIdFromReflection(reflection)?.packagePath})`,
    ),
    ...unknown.map(shape => `tools/site/reference.mjs: ${shape} is no longer exported`),
  ]
}

/** Whether it is in a parameter, or in an object that a member, a function or a part of it has. */
function isPart(reflection) {
  for (let { parent } = reflection; parent; parent = parent.parent) {
    if (parent.kindOf(ReflectionKind.Parameter)) return true
    if (
      parent.kindOf(ReflectionKind.TypeLiteral) &&
      !parent.parent.kindOf(ReflectionKind.TypeAlias | ReflectionKind.Variable)
    )
      return true
  }
  return false
}

function signaturesOf({ signatures, getSignature, type }) {
  const inType = type instanceof ReflectionType ? type.declaration.signatures : undefined
  return [...(signatures ?? []), ...(getSignature ? [getSignature] : []), ...(inType ?? [])]
}

const kinds =
  ReflectionKind.Module |
  ReflectionKind.Function |
  ReflectionKind.Variable |
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Property |
  ReflectionKind.Method |
  ReflectionKind.Accessor

/** What others have named: the text of the whole says whose it is, and its members have their names. */
const shapes = new Set([
  'AppSyncAuthorizerEvent',
  'AppSyncAuthorizerResult',
  'AppSyncEventsAuthorizerEvent',
  'AppSyncEventsAuthorizerResult',
  'AuthorizerPolicy',
  'DynamoClient',
  'EdgeEvent',
  'EdgeRequest',
  'EdgeResponse',
  'HttpAuthorizerEvent',
  'HttpEvent',
  'IdentityClient',
  'IoRedisClient',
  'McpEvent',
  'McpResult',
  'NodeRedisClient',
  'RefusedResult',
  'RestAuthorizerEvent',
  'SimpleAuthorizerResult',
  'TestJwk',
])

const options = {
  plugin: ['typedoc-plugin-markdown'],
  router: 'member',
  readme: 'none',
  excludeInternal: true,
  excludeExternals: true,
  disableSources: true,
  sortEntryPoints: false,
  skipErrorChecking: true,
  validation: { invalidLink: true, notExported: false, rewrittenLink: true },
  name: 'API reference',
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandObjects: true,
  sanitizeComments: true,
  useHTMLEncodedBrackets: true,
  indexFormat: 'table',
  sort: ['source-order'],
}

/**
 * What is said of options that are a union of cases, which the reference shows as one: their parts are the same, and each has its text once.
 */
const ofUnion = /@interface on a union type|multiple declarations with a comment/
