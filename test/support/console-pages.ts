import { readFileSync } from 'node:fs';
import { createConsoleEndpoint } from '../../lambda/functions/console/endpoint.ts';
import { assetsOf, type ConsoleFrameOptions } from '../../lambda/shared/console/frame.ts';
import { aBrowserAt } from './console.ts';
import { type OperatorServicesFixtureOptions, operatorServicesOf } from './operator-services.ts';

const textOf = (file: string) => readFileSync(new URL(`../../lambda/shared/console/${file}`, import.meta.url), 'utf8');

/** Style sheet and script, as they are in the package of the function. */
export const CONSOLE_FILES = { style: textOf('console.css'), script: textOf('console.js') };

/** A browser at the console, on the tables of the engine. */
export const aConsole = (services: OperatorServicesFixtureOptions, options: Partial<ConsoleFrameOptions> = {}) =>
  aBrowserAt(
    (frame) =>
      createConsoleEndpoint({
        ...frame,
        files: CONSOLE_FILES,
        services: operatorServicesOf(services, frame.now),
      }),
    { assets: assetsOf(CONSOLE_FILES), ...options },
  );
