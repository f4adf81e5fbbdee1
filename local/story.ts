import { readFileSync } from 'node:fs';
import { requestAccessToken } from '../story/access-token.ts';
import { playStory } from '../story/story.ts';
import { createTeller, eventually, type Teller } from '../story/teller.ts';
import { createWorld, type Line, type Onlooker, type World } from '../story/world.ts';
import type { Gateway } from './gateway.ts';

/**
 * Plays the story against the gateway on this machine, where everything that goes on can be seen.
 * @throws {StoryError} at the first step that does not go as told.
 */
export const playLocalStory = async (gateway: Gateway, tell?: Teller): Promise<void> => {
  await playStory(await openLocalWorld(gateway, tell));
};

/** @throws {Error} if the provider gives the sender no access token */
export const openLocalWorld = async (
  gateway: Gateway,
  tell: Teller = createTeller(console.log, process.stdout.isTTY === true),
): Promise<World> => {
  const { ready } = gateway;
  return createWorld({
    origin: ready.gateway,
    accessTokenFrom: 'provider',
    accessToken: await requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write'),
    processor: 'acme-ocr',
    contentType: 'application/json',
    documentType: 'application/pdf',
    shortProcessor: 'short-ocr',
    replay: true,
    onlooker: lookOn(gateway),
    tell,
  });
};

/** What is in the files of events and metrics from now on. */
const lookOn = ({ alarms, forwarded, ready }: Gateway): Onlooker => {
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
          .find((line) => line[metric] === 1 && line.Environment === 'local'),
      );
    },
    raised: (alarm) =>
      eventually(`the alarm ${alarm} to be raised`, () =>
        alarms.names.find((name) => name.endsWith(alarm) && alarms.state(name) === 'ALARM'),
      ),
  };
};

/** The lines of a file that others still append to. */
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
