import type { ScenarioContext } from './context.ts';
import { playDispatch } from './dispatch.ts';
import { playGarbage } from './garbage.ts';
import { playHappyPath } from './happy-path.ts';
import { playLargeResults } from './large-results.ts';
import { playLateDelivery } from './late-delivery.ts';
import { ScenarioError } from './reporter.ts';
import { playShortUrl } from './short-url.ts';

const PARTS = [playHappyPath, playDispatch, playShortUrl, playLargeResults, playLateDelivery, playGarbage];

/**
 * Plays the scenario against a running gateway, from outside, and prints what each layer does.
 * @throws {ScenarioError} at the first step with an unexpected outcome
 */
export const runScenario = async (context: ScenarioContext): Promise<void> => {
  const { report } = context;
  const began = performance.now();
  report.title('One callback, step by step');
  try {
    for (const playPart of PARTS) await playPart(context);
  } catch (error) {
    const last = context.lastRequest();
    if (!(error instanceof ScenarioError) || last === undefined) throw error;
    throw new ScenarioError(`${error.message}\nThe last request was ${last}.`, { cause: error });
  }
  report.line('');
  report.line(`Everything went as expected, in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
};
