/** The pages in the order in which one reads them: the sidebar, `llms.txt` and `llms-full.txt`. A page that is in none fails the build. */
export const sections = [
  {
    text: 'Start',
    pages: [
      ['README.md', 'start', 'Overview'],
      ['docs/quick-starts.md', 'quick-starts', 'Quick starts'],
      ['docs/faq.md', 'faq', 'FAQ'],
      ['docs/comparison.md', 'comparison', 'Comparison'],
      ['docs/migration.md', 'migration', 'Migration'],
    ],
  },
  {
    text: 'Guard your API',
    pages: [
      ['docs/adapters.md', 'adapters', 'Adapters and middleware'],
      ['docs/frameworks.md', 'frameworks', 'More frameworks'],
      ['docs/mcp.md', 'mcp', 'MCP servers'],
      ['docs/forward-auth.md', 'forward-auth', 'Forward auth for proxies'],
      ['docs/deploy.md', 'deploy', 'Deploy on AWS'],
      ['examples/deploy/README.md', 'deploy-stacks', 'Stacks to deploy'],
    ],
  },
  {
    text: 'Issuers and sessions',
    pages: [
      ['docs/issuers.md', 'issuers', 'Issuers'],
      ['docs/revocation.md', 'revocation', 'Revocation and sign-out'],
    ],
  },
  {
    text: 'Tools',
    pages: [
      ['docs/inspect.md', 'inspect', 'Why is it a 401?'],
      ['docs/local.md', 'local', 'Local Cognito'],
      ['docs/emulators.md', 'emulators', 'Other emulators'],
      ['docs/testing.md', 'testing', 'Testing'],
    ],
  },
  {
    text: 'Operations',
    pages: [
      ['docs/reliability.md', 'reliability', 'Reliability: JWKS, outages'],
      ['docs/observability.md', 'observability', 'Observability'],
      ['docs/limits.md', 'limits', 'Limits and sizes'],
      ['SECURITY.md', 'security', 'Security'],
      ['docs/support.md', 'support', 'Versions and support'],
      ['benchmarks/README.md', 'benchmarks', 'Benchmarks'],
      ['benchmarks/results.md', 'benchmark-results', 'Benchmark results'],
    ],
  },
  {
    text: 'Reference',
    pages: [
      ['docs/errors.md', 'errors', 'Error codes'],
      ['docs/options.md', 'options', 'Options'],
    ],
  },
  {
    text: 'Project',
    pages: [
      ['CHANGELOG.md', 'changelog', 'Changelog'],
      ['CONTRIBUTING.md', 'contributing', 'Contributing'],
    ],
  },
]

export const pages = sections.flatMap(section => section.pages)
