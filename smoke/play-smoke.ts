import { createScenarioContext, type ScenarioSettings } from '../scenario/context.ts';
import { checkIngress } from '../scenario/ingress.ts';
import { runScenario } from '../scenario/run-scenario.ts';

/**
 * Checks a deployed gateway from outside: the ingress (only with https), then the scenario of one callback. It closes the tasks
 * that it opened, also if a check fails or the signal aborts it.
 * @returns a text for each failure
 * @throws the reason of the signal
 */
export const playSmoke = async (settings: ScenarioSettings, signal: AbortSignal): Promise<readonly string[]> => {
  const { origin, report } = settings;
  const context = createScenarioContext(settings);
  const failures: string[] = [];
  const noteFailure = (error: unknown): void => {
    failures.push(error instanceof Error ? error.message : String(error));
  };
  // A failed check of the ingress does not stop the scenario.
  if (origin.startsWith('https:')) await untilAborted(checkIngress({ origin, report }), signal).catch(noteFailure);
  const scenario = runScenario(context);
  await untilAborted(scenario, signal).catch(noteFailure);
  if (signal.aborted) {
    // Without its tasks the scenario fails soon. It may have opened one more meanwhile.
    await context.cleanUp().catch(() => {});
    await scenario.catch(() => {});
  }
  await context.cleanUp().catch(noteFailure);
  signal.throwIfAborted();
  return failures;
};

const untilAborted = (work: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
