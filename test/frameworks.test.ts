import t from 'tap'
import { runsCheck } from './check-script.js'

// What is built already is not built again.
t.setTimeout(300_000)
await runsCheck('frameworks', 'examples/frameworks', process.env.FRAMEWORKS_CHECKED)
