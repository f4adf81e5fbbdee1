import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Folder of an npm package with a program for this platform.
 * @param app folder of the app that may have it. @default - only the packages that this code finds
 */
export const installedPackage = (name: string, app?: string): string | undefined => {
  for (const from of [...(app === undefined ? [] : [join(app, 'package.json')]), import.meta.url]) {
    try {
      return dirname(createRequire(from).resolve(`${name}/package.json`));
    } catch {
      // It is not installed there.
    }
  }
  return undefined;
};
