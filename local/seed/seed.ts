import { writeFileSync } from 'node:fs';
import type { FunctionContext } from '../deployment.ts';
import { createSeedClock, MINUTE, play } from './clock.ts';
import { createRandom } from './random.ts';
import { aWeek } from './week.ts';
import { openSeedWorld } from './world.ts';

/** Decides names, numbers and times: every data folder gets the same story. */
const SEED = 77;

export interface SeedOptions {
  readonly context: FunctionContext;
  /** Exists once the seed data were made. */
  readonly seededFile: string;
  /** Milliseconds since 1970. @default Date.now() */
  readonly now?: number;
}

/**
 * Fills the gateway's tables with a week of tasks. The functions' own code makes all of it, with a clock that is set. Events
 * and dead letters follow from the tables, as always.
 * @returns false if the data folder has the seed data already
 */
export const seedGateway = async ({ context, now = Date.now(), seededFile }: SeedOptions): Promise<boolean> => {
  // Before the first task: the same story with the same ids cannot be made twice, not even a part of it.
  if (!claim(seededFile)) return false;
  const clock = createSeedClock();
  const random = createRandom(SEED);
  const end = Math.floor(now / MINUTE) * MINUTE;
  const world = openSeedWorld(context, clock, random);
  try {
    await play(aWeek({ world, clock, random, end }), clock, end);
  } finally {
    world.close();
  }
  return true;
};

const claim = (file: string): boolean => {
  try {
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};
