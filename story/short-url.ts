import { expectThat } from './teller.ts';
import type { World } from './world.ts';

const RESULT = JSON.stringify({ text: 'Invoice 79, total 3.20' });
const REPORT = { percent: 40, note: 'page 2 of 5' };

/** A processor with a short column for its callback URL, and with much to do. */
export const tellShortUrl = async (world: World): Promise<void> => {
  const { ask, contentType, deliver, onlooker, open, origin, shortProcessor, tell } = world;
  if (shortProcessor === undefined) return;
  tell.step('A processor has room for a short URL only, and reports how far it is');
  const task = await open({
    processor: shortProcessor,
    resource: 'invoice-79',
    callbacks: ['progress', 'result'],
    heartbeat: 600,
  });
  const [progress, result] = [task.callback('progress'), task.callback('result')];
  const prefix = `${origin}/c/`;
  const isShort = progress.url.startsWith(prefix) && result.url.startsWith(prefix);
  expectThat(isShort, 'short URLs', progress.url.length);
  tell.layer('open', 'derives a code from the token’s id with a KMS HMAC key; the table keeps its SHA-256 only');
  tell.outcome(
    `201: ${prefix}${result.url.slice(prefix.length, prefix.length + 4)}… (${result.url.length} characters)`,
  );

  const reported = await deliver(progress, JSON.stringify(REPORT), 'application/json');
  expectThat(reported.status === 200 && reported.body.status === 'pending', 'the report to be recorded', reported);
  tell.layer('receive', 'looks the code up: from there on it is the token that the code stands for');
  await onlooker?.published('Task Progressed', task.taskId);
  const shown = (await (await ask(`/v1/tasks/${task.taskId}`)).json()) as { progress?: typeof REPORT };
  expectThat(shown.progress?.percent === REPORT.percent, 'the sender to see the progress', shown.progress);
  tell.outcome(`200: the sender sees ${REPORT.percent} %, "${REPORT.note}"; the task’s heartbeat begins anew.`);

  const delivered = await deliver(result, RESULT, contentType);
  expectThat(delivered.status === 200 && delivered.body.status === 'succeeded', 'the result to be recorded', delivered);
  tell.outcome('200: the result by the other short URL. The task has succeeded.');
};
