import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Commands of Chromium and its relatives, in the order of preference. */
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome'];

/** Nothing but this machine has an address, and Chromium asks nobody for updates, lists or features. */
const OFF_THE_NETWORK = [
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
  '--disable-background-networking',
  '--disable-client-side-phishing-detection',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-pings',
];

/** Returns the path of Chromium. @throws {Error} if no command is found */
const findChromium = (): string => {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`There is no ${COMMANDS.join(', ')} in PATH: install Chromium.`);
  return found;
};

/** Starts Chromium without a window. Its sandbox does not work for root. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    args: [...OFF_THE_NETWORK, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    timeout: PATIENCE,
  });

/** Milliseconds after which a wait in the browser fails. It only ends a wait for what never comes. */
export const PATIENCE = 180_000;
