/** Resolves on a signal to end the process. */
export const untilInterrupted = (): Promise<void> =>
  new Promise(resolve => {
    const end = () => {
      process.off('SIGINT', end).off('SIGTERM', end)
      resolve()
    }
    process.once('SIGINT', end).once('SIGTERM', end)
  })
