import { spawn } from 'node:child_process'
import type { Io } from './io.js'

/** Opens a page in a browser. Does nothing where the output is no terminal, or no browser can be opened. */
export function openPage(url: string, { stdout, env }: Io, platform: string = process.platform): void {
  const hasScreen = platform === 'darwin' || platform === 'win32' || env.DISPLAY || env.WAYLAND_DISPLAY
  if (!stdout.isTTY || env.CI || !hasScreen) return
  const [command = 'xdg-open', ...args] = openers[platform] ?? []
  spawn(command, [...args, url], { env, stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}

const openers: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}
