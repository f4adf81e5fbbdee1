import type { CreationRequest } from '../../lambda/functions/create-task/request.ts';
import { DAY, HOUR, MINUTE, type Plot, type SeedClock } from './clock.ts';
import type { Random } from './random.ts';
import type { SeedTask, SeedWorld } from './world.ts';

/** What the plots of the story need. */
export interface Stage {
  readonly world: SeedWorld;
  readonly clock: SeedClock;
  readonly random: Random;
  /** The time at which the story ends, in milliseconds since 1970. */
  readonly end: number;
}

/** Addresses of the processors, and of somebody else (RFC 5737). */
export const ADDRESSES = {
  'acme-ocr': '203.0.113.10',
  'header-ocr': '203.0.113.24',
  leaky: '203.0.113.80',
  attacker: '198.51.100.77',
  other: '192.0.2.44',
} as const;

export type SeedProcessor = 'acme-ocr' | 'header-ocr' | 'leaky';

const CUSTOMERS = ['Ahlers GmbH', 'Bianchi Srl', 'Castro y Hijos', 'Dupont SA', 'Eriksen AS', 'Fujita KK'] as const;
const CLERKS = ['m.ahrens', 'j.okafor', 's.lindqvist'] as const;
const PANELS = ['lipid', 'thyroid', 'blood count', 'liver', 'glucose'] as const;
const WARDS = ['ward-3', 'ward-7', 'outpatients'] as const;

const FOUR_DIGITS = [1_000, 9_999] as const;

/** A request to read an invoice. */
export const anInvoice = (random: Random, overrides: Partial<CreationRequest> = {}): CreationRequest => ({
  processor: 'acme-ocr',
  resource: `urn:example:invoice:2026-${random.between(...FOUR_DIGITS)}`,
  owner: random.pick(CLERKS),
  expiresIn: DAY / 1_000,
  callbacks: ['result', 'failure', 'progress'],
  metadata: { customer: random.pick(CUSTOMERS), pages: random.between(1, 12) },
  ...overrides,
});

/** A request to read the order of a laboratory. */
export const aLabOrder = (random: Random, overrides: Partial<CreationRequest> = {}): CreationRequest => ({
  processor: 'header-ocr',
  resource: `urn:example:lab-order:${random.between(10_000, 99_999)}`,
  owner: random.pick(WARDS),
  expiresIn: (random.pick([4, 12, 48] as const) * HOUR) / 1_000,
  callbacks: ['result', 'failure', 'progress'],
  metadata: { panel: random.pick(PANELS), urgent: random.next() < 0.2 },
  ...overrides,
});

/** A result as a processor sends it. */
export const aResult = (random: Random): string =>
  JSON.stringify({ text: `Total ${random.between(20, 9_800)}.${random.between(10, 99)} EUR`, confidence: 0.97 });

const FAILURES = ['unreadable_scan', 'page_missing', 'language_unknown'] as const;

const aFailure = (random: Random): string => JSON.stringify({ error: random.pick(FAILURES) });

/** A task of the daily work: opened, perhaps with progress, and closed by its processor, its sender or its deadline. */
export async function* routine(
  { clock, random, world }: Stage,
  { application, at, request }: { application: string; at: number; request: CreationRequest },
): Plot {
  yield at;
  const task = await world.open(application, request);
  const from = ADDRESSES[request.processor as SeedProcessor];
  const fate = random.next();
  if (fate < 0.06) return;
  if (fate < 0.1) {
    yield clock.now() + random.between(2, 40) * MINUTE;
    return world.cancel(task);
  }
  const steps = random.next() < 0.35 ? random.between(1, 3) : 0;
  for (let step = 1; step <= steps; step += 1) {
    yield clock.now() + random.between(1, 15) * MINUTE;
    await report(world, task, from, { percent: Math.round((step / (steps + 1)) * 100), note: `page ${step}` });
  }
  yield clock.now() + random.between(2, 100) * MINUTE;
  if (fate < 0.16) {
    await world.call(task.callbacks.failure, { body: aFailure(random), from });
    return;
  }
  const delivery = { body: aResult(random), from };
  await world.call(task.callbacks.result, delivery);
  if (fate < 0.2) {
    // The answer was lost on its way, so the processor sends the same again.
    yield clock.now() + 30_000;
    await world.call(task.callbacks.result, delivery);
  }
}

/** Reports progress. */
export const report = async (
  world: SeedWorld,
  task: SeedTask,
  from: string,
  progress: { readonly percent: number; readonly note: string },
): Promise<void> => {
  await world.call(task.callbacks.progress, { body: JSON.stringify(progress), from });
};
