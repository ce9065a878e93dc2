/** The projects: what they are made of, and the commands that must succeed in them. */
import { sources, types, use, useRequire } from './sources.mjs'

function compilers() {
  const modes = [
    ['commonjs', 'node10', 'commonjs', { 5.4: true, 5.9: true, '6.0': { ignoreDeprecations: '6.0' } }],
    ['commonjs', 'bundler', 'commonjs', { '6.0': true, '7.0': true }],
    ['node16', 'node16', 'commonjs', { 5.4: true, 5.9: true, '6.0': true, '7.0': true }],
    ['node16', 'node16', 'module', { 5.4: true, 5.9: true, '6.0': true, '7.0': true }],
    ['node18', 'node16', 'commonjs', { 5.9: true, '6.0': true, '7.0': true }],
    ['node20', 'node16', 'commonjs', { 5.9: true, '6.0': true, '7.0': true }],
    ['node20', 'node16', 'module', { 5.9: true, '6.0': true, '7.0': true }],
    ['nodenext', 'nodenext', 'commonjs', { 5.4: true, 5.9: true, '6.0': true, '7.0': true }],
    ['nodenext', 'nodenext', 'module', { 5.4: true, 5.9: true, '6.0': true, '7.0': true }],
    ['esnext', 'bundler', 'module', { 5.4: true, 5.9: true, '6.0': true, '7.0': true }],
    ['preserve', 'bundler', 'module', { 5.4: true, 5.9: true, '6.0': true, '7.0': true }],
  ]
  return modes.flatMap(([module, moduleResolution, type, versions]) =>
    Object.entries(versions).map(([version, more]) => ({
      name: `TypeScript ${version}, ${module}, ${moduleResolution}, package of ${type}`,
      files: {
        'package.json': { type },
        'tsconfig.json': config({
          module,
          moduleResolution,
          exactOptionalPropertyTypes: true,
          types: ['node'],
          ...(more === true ? {} : more),
        }),
        ...sources,
      },
      commands: [compile(version)],
    })),
  )
}

/** What Next.js and Vite write, and what is the default. */
function libs() {
  const all = [['dom', 'dom.iterable', 'esnext'], ['es2023', 'dom'], undefined, ['es2023']]
  return all.flatMap(lib =>
    Object.keys(compilerOf).map(version => ({
      name: `TypeScript ${version}, lib ${lib ?? 'default'}`,
      files: {
        'package.json': { type: 'module' },
        'tsconfig.json': config({
          module: 'esnext',
          moduleResolution: 'bundler',
          ...(lib && { lib }),
          types: ['node'],
          skipLibCheck: true,
        }),
        'testing.ts': sources['testing.ts'],
        'main.ts': sources['main.ts'],
        'fetch.ts': sources['fetch.ts'],
      },
      commands: [compile(version)],
    })),
  )
}

function withoutNode() {
  return Object.keys(compilerOf).flatMap(version =>
    [['es2023'], ['es2023', 'dom']].map(lib => ({
      name: `TypeScript ${version}, lib ${lib}, without the types of Node.js`,
      files: {
        'package.json': { type: 'module' },
        'tsconfig.json': config({ module: 'esnext', moduleResolution: 'bundler', lib, types: [] }),
        'main.ts': sources['main.ts'],
        ...(lib.includes('dom') && { 'fetch.ts': sources['fetch.ts'], 'lambda.ts': sources['lambda.ts'] }),
      },
      commands: [compile(version, ['main.d.cts', 'fetch', 'lambda'])],
    })),
  )
}

function loaders() {
  return [
    { name: 'Node.js, require', files: { 'a.cjs': useRequire }, commands: [run('a.cjs')] },
    { name: 'Node.js, import', files: { 'a.mjs': use }, commands: [run('a.mjs')] },
    { name: 'two copies in one process', files: { 'a.mjs': types.twoCopies }, commands: [run('a.mjs')] },
    {
      name: 'Node.js, frozen intrinsics',
      files: { 'a.mjs': use },
      commands: [{ args: ['node', '--frozen-intrinsics', 'a.mjs'] }],
    },
    { name: 'every entry, both ways', files: { 'a.mjs': types.everyEntry }, commands: [run('a.mjs')] },
    {
      name: 'tsx, CommonJS',
      files: { 'package.json': { type: 'commonjs' }, 'a.ts': use },
      commands: [{ args: ['tsx/dist/cli.mjs', 'a.ts'] }],
    },
    {
      name: 'tsx, ES module',
      files: { 'package.json': { type: 'module' }, 'a.ts': use },
      commands: [{ args: ['tsx/dist/cli.mjs', 'a.ts'] }],
    },
    ...['commonjs', 'node16', 'nodenext'].map(module => ({
      name: `ts-node, ${module}`,
      files: {
        'package.json': { type: 'commonjs' },
        'tsconfig.json': config({
          module,
          moduleResolution: module === 'commonjs' ? 'node10' : module,
          types: ['node'],
          skipLibCheck: true,
          noEmit: false,
        }),
        'a.ts': `import { createVerifier } from 'cognito-guard'\nif (typeof createVerifier !== 'function') throw new Error()\n`,
      },
      commands: [{ args: ['ts-node/dist/bin.js', 'a.ts'] }],
    })),
  ]
}

function jest() {
  const transforms = {
    plain: { 'a.test.js': types.jestTest },
    'ts-jest': {
      'a.test.ts': types.jestTypeScript,
      'jest.config.js': "module.exports = { preset: 'ts-jest' }",
      'tsconfig.json': config({
        module: 'commonjs',
        moduleResolution: 'node10',
        types: ['jest', 'node'],
        esModuleInterop: true,
        noEmit: false,
      }),
    },
    'babel-jest': {
      'a.test.ts': types.jestTypeScript,
      'babel.config.js':
        "module.exports = { presets: [['@babel/preset-env', { targets: { node: 'current' } }], '@babel/preset-typescript'] }",
    },
    '@swc/jest': {
      'a.test.ts': types.jestTypeScript,
      'jest.config.js': "module.exports = { transform: { '^.+\\\\.ts$': '@swc/jest' } }",
    },
  }
  return ['29', '30'].flatMap(version =>
    Object.entries(transforms).map(([transform, files]) => ({
      name: `Jest ${version}, ${transform}`,
      files: { 'package.json': { type: 'commonjs' }, ...files },
      commands: [
        {
          args: [`jest-${version}/bin/jest.js`],
          accepts: ({ status, output }) => status === 0 && /Tests: +1 passed/.test(output),
        },
      ],
    })),
  )
}

function runners() {
  return [
    {
      name: 'Vitest',
      files: { 'package.json': { type: 'module' }, 'a.test.ts': types.vitest },
      commands: [{ args: ['vitest/vitest.mjs', 'run'] }],
    },
    { name: 'mocha', files: { 'a.cjs': types.mocha }, commands: [{ args: ['mocha/bin/mocha.js', 'a.cjs'] }] },
    {
      name: 'node:test',
      files: { 'a.test.mjs': types.nodeTest },
      commands: [{ args: ['node', '--test', 'a.test.mjs'] }],
    },
  ]
}

function bundlers() {
  const bundle = (name, script, out = 'out.cjs') => ({
    name: `bundled by ${name}`,
    files: { 'app.mjs': use, 'build.mjs': script },
    commands: [run('build.mjs'), { args: ['node', out] }],
  })
  return [
    ...['cjs', 'esm'].map(format =>
      bundle(
        `esbuild, ${format}`,
        `import { build } from 'esbuild'\nawait build({ entryPoints: ['app.mjs'], bundle: true, platform: 'node', format: '${format}', outfile: 'out.${format === 'cjs' ? 'cjs' : 'mjs'}' })`,
        format === 'cjs' ? 'out.cjs' : 'out.mjs',
      ),
    ),
    bundle(
      'webpack',
      `import webpack from 'webpack'\nwebpack({ mode: 'production', target: 'node', entry: './app.mjs', output: { path: process.cwd(), filename: 'out.cjs' } }, (error, stats) => { if (error || stats.hasErrors() || stats.hasWarnings()) { console.error(error ?? stats.toString()); process.exit(1) } })`,
    ),
    bundle(
      'rollup',
      `import { rollup } from 'rollup'\nimport commonjs from '@rollup/plugin-commonjs'\nimport { nodeResolve } from '@rollup/plugin-node-resolve'\nconst build = await rollup({ input: 'app.mjs', plugins: [nodeResolve({ exportConditions: ['node'] }), commonjs()], external: /^node:/ })\nawait build.write({ file: 'out.cjs', format: 'cjs', inlineDynamicImports: true })`,
    ),
    bundle(
      'rolldown',
      `import { rolldown } from 'rolldown'\nconst build = await rolldown({ input: 'app.mjs', platform: 'node' })\nawait build.write({ file: 'out.cjs', format: 'cjs', codeSplitting: false })`,
    ),
    bundle(
      'Vite, for a server',
      `import { build } from 'vite'\nawait build({ logLevel: 'error', ssr: { noExternal: true }, build: { ssr: 'app.mjs', outDir: '.', emptyOutDir: false, rollupOptions: { output: { entryFileNames: 'out.mjs', inlineDynamicImports: true } } } })`,
      'out.mjs',
    ),
    bundle(
      'ncc',
      `import ncc from '@vercel/ncc'\nimport { writeFileSync } from 'node:fs'\nwriteFileSync('package.json', '{}')\nconst { code } = await ncc(process.cwd() + '/app.mjs', { quiet: true })\nwriteFileSync('out.mjs', code)`,
      'out.mjs',
    ),
  ]
}

/** As a user's Lambda function is bundled. */
function sizes() {
  const script = `import { build } from 'esbuild'
import { gzipSync } from 'node:zlib'
const contents = "import { createVerifier, userPool } from 'cognito-guard'; console.log(createVerifier, userPool)"
const sizeWithout = async external => {
  const { outputFiles: [{ contents: code }] } = await build({ stdin: { contents, resolveDir: '.' }, bundle: true, minify: true, platform: 'node', target: 'node20', format: 'esm', write: false, external })
  return gzipSync(code, { level: 9 }).length
}
const size = await sizeWithout([])
const jose = size - await sizeWithout(['jose', 'jose/*'])
console.log(size, 'bytes gzip of createVerifier and userPool,', jose, 'of them of jose')
if (size > ${bundleBound} || jose > ${joseBound}) process.exit(1)`
  return [{ name: 'the size of a bundle', files: { 'a.mjs': script }, commands: [run('a.mjs')] }]
}

const bundleBound = 20_000
const joseBound = 5_000

const compilerOf = {
  5.4: 'typescript-5.4',
  5.9: 'typescript',
  '6.0': 'typescript-6.0',
  '7.0': 'typescript-7.0',
}

/** What another package's declarations have wrong is theirs: only what names this package or the project counts. */
function compile(version, _about) {
  return {
    args: [`${compilerOf[version]}/bin/tsc`, '-p', '.'],
    accepts: ({ output }) => !/^(?!.*node_modules\/(?!cognito-guard\/)).*error TS/m.test(output),
  }
}

const run = file => ({ args: ['node', file] })

function config(options) {
  return {
    compilerOptions: {
      target: 'es2022',
      strict: true,
      esModuleInterop: true,
      noEmit: true,
      skipLibCheck: false,
      ...options,
    },
  }
}

export const cases = [
  ...compilers(),
  ...libs(),
  ...withoutNode(),
  ...loaders(),
  ...jest(),
  ...runners(),
  ...bundlers(),
  ...sizes(),
]
