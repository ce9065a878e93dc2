/** Resolves when somebody wants the process to end. */
export const untilInterrupted = (): Promise<void> =>
  new Promise(resolve => {
    const end = () => {
      process.off('SIGINT', end).off('SIGTERM', end)
      resolve()
    }
    process.once('SIGINT', end).once('SIGTERM', end)
  })
