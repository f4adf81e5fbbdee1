import { spawn } from 'node:child_process';

/** Opens a page in the person's browser if this machine has one. The person can open it by hand, so a failure is silent. */
export const openBrowser = (url: string, env: Readonly<Record<string, string | undefined>>): void => {
  const [command, ...parameters] = commandOf(env);
  if (command === undefined) return;
  spawn(command, [...parameters, url], { stdio: 'ignore', detached: true, env })
    .on('error', () => {})
    .unref();
};

const commandOf = (env: Readonly<Record<string, string | undefined>>): readonly string[] => {
  switch (process.platform) {
    case 'darwin':
      return ['open'];
    case 'win32':
      return ['rundll32', 'url.dll,FileProtocolHandler'];
    default:
      // Without a display, xdg-open would start a browser in this terminal.
      return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : [];
  }
};
