import type { ScenarioContext } from './context.ts';
import { expectThat } from './reporter.ts';

const RESULT = JSON.stringify({ text: 'Invoice 79, total 3.20' });
const REPORT = { percent: 40, note: 'page 2 of 5' };

/** A processor that stores only short URLs, and that reports progress before its result. */
export const playShortUrl = async (context: ScenarioContext): Promise<void> => {
  const { ask, contentType, deliver, probe, open, origin, shortProcessor, report } = context;
  if (shortProcessor === undefined) return;
  report.step('A processor that stores only short URLs reports progress');
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
  report.layer('create-task', 'derives a code from the token’s id with a KMS HMAC key; the table has only its SHA-256');
  report.outcome(
    `201: ${prefix}${result.url.slice(prefix.length, prefix.length + 4)}… (${result.url.length} characters)`,
  );

  const reported = await deliver(progress, JSON.stringify(REPORT), 'application/json');
  expectThat(reported.status === 200 && reported.body.status === 'pending', 'the report to be recorded', reported);
  report.layer('receive', 'looks up the code and continues with the token that it stands for');
  await probe?.published('Task Progressed', task.taskId);
  const shown = (await (await ask(`/v1/tasks/${task.taskId}`)).json()) as { progress?: typeof REPORT };
  expectThat(shown.progress?.percent === REPORT.percent, 'the sender to see the progress', shown.progress);
  report.outcome(`200: the sender sees ${REPORT.percent} %, "${REPORT.note}"; the task’s heartbeat deadline is moved.`);

  const delivered = await deliver(result, RESULT, contentType);
  expectThat(delivered.status === 200 && delivered.body.status === 'succeeded', 'the result to be recorded', delivered);
  report.outcome('200 for the result by the other short URL. The task has succeeded.');
};
