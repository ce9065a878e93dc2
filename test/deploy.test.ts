import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runsTests } from './node-test-runner.js'

// The stacks of examples/deploy, synthesized, and their functions called, where `npm run check:deploy` has installed the AWS CDK.
const folder = fileURLToPath(new URL('../../examples/deploy', import.meta.url))

t.setTimeout(240_000)
if (process.env.DEPLOY_CHECKED) t.pass('examples/deploy', { skip: 'npm run check:deploy has just passed' })
else if (existsSync(`${folder}/node_modules/cognito-guard/packed-from`))
  await runsTests(folder, ['npm', 'test', '--silent'], 'ignore')
else t.pass('examples/deploy', { skip: 'not installed: npm run check:deploy installs it' })
