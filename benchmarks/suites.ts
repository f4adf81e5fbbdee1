import type { PartResult } from './harness/result.ts';
import { bill } from './suites/billed-units.ts';
import { pipeline } from './suites/callback.ts';
import { cold } from './suites/cold-start.ts';
import { once } from './suites/concurrent-duplicates.ts';
import { gateway } from './suites/gateway.ts';
import { growth } from './suites/growth.ts';
import { open } from './suites/open.ts';
import { profile } from './suites/profile.ts';
import { publish } from './suites/publish.ts';
import { refuse } from './suites/refuse.ts';
import { startup } from './suites/startup.ts';
import { synth } from './suites/synth.ts';
import { verify } from './suites/verify.ts';

/** Everything that can be measured, in the order in which it is. */
export const PARTS: Readonly<Record<string, (rounds: number) => Promise<PartResult>>> = {
  pipeline,
  profile,
  cold,
  startup,
  verify,
  refuse,
  once,
  bill,
  open,
  publish,
  growth,
  synth,
  gateway,
};
