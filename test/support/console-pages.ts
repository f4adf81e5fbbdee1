import { readFileSync } from 'node:fs';
import { createConsoleEndpoint } from '../../lambda/functions/console/endpoint.ts';
import { assetsOf, type ConsoleFrameOptions } from '../../lambda/shared/console/frame.ts';
import type { OverviewView } from '../../lambda/shared/operator/overview.ts';
import { aBrowserAt } from './console.ts';
import { type OperatorServicesFixtureOptions, operatorServicesOf } from './operator-services.ts';

const textOf = (file: string) => readFileSync(new URL(`../../lambda/shared/console/${file}`, import.meta.url), 'utf8');

/** Style sheet and script, as they are in the package of the function. */
export const CONSOLE_FILES = { style: textOf('console.css'), script: textOf('console.js') };

/** An overview of an environment in which nothing has happened. */
const NOTHING_TO_REPORT: OverviewView = {
  processors: [],
  refusals24h: [],
  expired24h: 0,
  quarantine: { count: 0, isLowerBound: false },
  deadLetters: [],
  alarms: [],
};

/** A browser at the console, on the tables of the engine. */
export const aConsole = (services: OperatorServicesFixtureOptions, options: Partial<ConsoleFrameOptions> = {}) =>
  aBrowserAt(
    (frame) =>
      createConsoleEndpoint({
        ...frame,
        files: CONSOLE_FILES,
        services: operatorServicesOf(services, frame.now),
        readOverview: async () => NOTHING_TO_REPORT,
      }),
    { assets: assetsOf(CONSOLE_FILES), ...options },
  );
