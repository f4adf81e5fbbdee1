import { readFileSync } from 'node:fs';
import { requestAccessToken } from '../scenario/access-token.ts';
import { createScenarioContext, type Line, type Probe, type ScenarioContext } from '../scenario/context.ts';
import { createReporter, eventually, type Reporter, ScenarioError } from '../scenario/reporter.ts';
import { runScenario } from '../scenario/run-scenario.ts';
import type { Gateway } from './gateway.ts';
import { clientNamed } from './ready-file.ts';
import { LOCAL_CAST, LOCAL_DISPATCH_CAST, type ScenarioCast, scenarioCast } from './scenario-cast.ts';

/**
 * Plays the scenario if the environment has what it needs. Otherwise prints why it does not.
 * @param hasProcessor true if the example processor gets the work that Postern sends
 */
export const playScenario = async (gateway: Gateway, hasProcessor: boolean): Promise<void> => {
  const { description, ready } = gateway;
  const localCast = hasProcessor ? LOCAL_DISPATCH_CAST : LOCAL_CAST;
  const cast = ready.environment === undefined ? localCast : scenarioCast(description);
  if (typeof cast === 'string') {
    console.log(`\nThe scenario is not played: ${cast}`);
    return;
  }
  try {
    await runLocalScenario(gateway, undefined, cast);
  } catch (error) {
    // The settings of an environment may refuse what the scenario expects. The gateway is what was asked for.
    if (!(error instanceof ScenarioError) || ready.environment === undefined) throw error;
    console.error(
      `\nThe scenario stopped: ${error.message}\n"npm start" and "postern dev" start without it after --no-story.`,
    );
  }
};

/**
 * Plays the scenario against the gateway on this machine, with a probe into its events, metrics and alarms.
 * @throws {ScenarioError} at the first step with an unexpected outcome
 */
export const runLocalScenario = async (
  gateway: Gateway,
  report?: Reporter,
  cast: ScenarioCast = LOCAL_CAST,
): Promise<void> => {
  await runScenario(await openLocalScenario(gateway, report, cast));
};

/** @throws {Error} if the provider refuses an access token to the sender */
export const openLocalScenario = async (
  gateway: Gateway,
  report: Reporter = createReporter(console.log, process.stdout.isTTY === true),
  { sender, ...processors }: ScenarioCast = LOCAL_CAST,
): Promise<ScenarioContext> => {
  const { clients, gateway: origin, idp } = gateway.ready;
  const client = clientNamed(clients, sender) ?? clients.sender;
  return createScenarioContext({
    origin,
    accessTokenFrom: 'provider',
    accessToken: await requestAccessToken(idp, client, 'task_read task_write'),
    ...processors,
    replay: true,
    probe: createProbe(gateway),
    report,
  });
};

/** Reads the events and metrics that the gateway writes from now on. */
const createProbe = ({ alarms, forwarded, ready }: Gateway): Probe => {
  const since = { events: linesOf(ready.events.file).length, metrics: linesOf(ready.metrics.file).length };
  return {
    forwarded,
    published: (detailType, taskId) =>
      eventually(`the event "${detailType}"`, () =>
        linesOf(ready.events.file)
          .slice(since.events)
          .filter((event) => event['detail-type'] === detailType)
          .map(({ detail }) => detail as Line)
          .find((detail) => detail.taskId === taskId),
      ),
    counted: async (metric) => {
      await eventually(`the metric ${metric}`, () =>
        linesOf(ready.metrics.file)
          .slice(since.metrics)
          .find((line) => line[metric] === 1 && line.Environment === (ready.environment ?? 'local')),
      );
    },
    raised: (alarm) =>
      eventually(`the alarm ${alarm} to be raised`, () =>
        alarms.names.find((name) => name.endsWith(alarm) && alarms.state(name) === 'ALARM'),
      ),
  };
};

/** Complete lines of a file that other processes append to. */
const linesOf = (file: string): readonly Line[] => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};
