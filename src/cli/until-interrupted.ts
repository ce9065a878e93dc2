/** Resolves when somebody wants the process to end: by a signal, or by ending the npm or npx that started it. */
export const untilInterrupted = (): Promise<void> =>
  new Promise(resolve => {
    if (process.env.npm_command !== undefined) whenOrphaned(() => resolve())
    const end = () => {
      process.off('SIGINT', end).off('SIGTERM', end)
      resolve()
    }
    process.once('SIGINT', end).once('SIGTERM', end)
  })

/** npm that is ended by its process ID does not pass that on: what it has started would go on, unseen. */
export function whenOrphaned(end: () => void): void {
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    end()
  }, 250)
  timer.unref()
}

/** Of when this was loaded: npm may be ended before anybody watches it, while a demo still sends its requests. */
const parent = process.ppid
