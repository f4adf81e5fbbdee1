import { bill } from './parts/bill.ts';
import { cold } from './parts/cold.ts';
import { gateway } from './parts/gateway.ts';
import { growth } from './parts/growth.ts';
import { once } from './parts/once.ts';
import { open } from './parts/open.ts';
import { pipeline } from './parts/pipeline.ts';
import { profile } from './parts/profile.ts';
import { publish } from './parts/publish.ts';
import { refuse } from './parts/refuse.ts';
import { startup } from './parts/startup.ts';
import { synth } from './parts/synth.ts';
import { verify } from './parts/verify.ts';
import type { PartResult } from './result.ts';

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
