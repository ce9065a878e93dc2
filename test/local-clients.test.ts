import t from 'tap'
import { runsCheck } from './check-script.js'

t.setTimeout(300_000)
await runsCheck('local', 'tools/local-clients', process.env.LOCAL_CLIENTS_CHECKED)
