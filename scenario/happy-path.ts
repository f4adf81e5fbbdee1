import type { Callback, OpenedTask, ScenarioContext } from './context.ts';
import { expectThat, shorten } from './reporter.ts';

const RESULT = JSON.stringify({ text: 'Invoice 77, total 12.50' });
const FORGED = JSON.stringify({ text: 'Invoice 77, total 9,999.00' });
const REPLAY_ALARM = 'ReplayDetected';

/** A task is opened and its result delivered; then a repeat, a replay and a token of another task. */
export const playHappyPath = async (context: ScenarioContext): Promise<void> => {
  const task = await playOpening(context);
  const callback = task.callback('result');
  await playDelivery(context, task, callback);
  if (context.replay) await playReplay(context, task, callback);
  await playMisuse(context, task);
};

const playOpening = async (context: ScenarioContext): Promise<OpenedTask> => {
  const { accessToken, accessTokenFrom, probe, open, origin, processor, report } = context;
  report.step('A sender opens a task');
  if (accessTokenFrom === 'provider') {
    report.layer('OpenID provider', `gave the sender an access token (${shorten(accessToken)})`);
  }
  const task = await open({ processor, resource: 'invoice-77' });
  const { token, url } = task.callback('result');
  expectThat(task.status === 'pending' && url.startsWith(`${origin}/v1/results/`), 'a pending task', task.status);
  report.layer(
    'load balancer',
    'checks signature, issuer, audience and times of the access token, forwards to create-task',
  );
  report.layer('create-task', 'checks scope and role, signs the callback tokens, stores the task');
  if (probe !== undefined) {
    await probe.published('Task Opened', task.taskId);
    report.layer('publish', 'reads the change from the table’s stream and publishes "Task Opened"');
  }
  const secret = token ?? url.slice(url.lastIndexOf('/') + 1);
  report.outcome(`201: task ${task.taskId} is pending. The processor ${processor} gets one URL for one result:`);
  report.outcome(
    token === undefined ? url.replace(secret, shorten(secret)) : `${url}, and the token ${shorten(secret)}`,
  );
  return task;
};

const playDelivery = async (
  { ask, deliver, probe, report }: ScenarioContext,
  task: OpenedTask,
  callback: Callback,
): Promise<void> => {
  report.step('The processor delivers its result to that URL');
  const first = await deliver(callback, RESULT);
  expectThat(first.status === 200 && first.body.status === 'succeeded', 'the result to be recorded', first);
  report.layer('load balancer', 'has a rule for the path: forwards to receive');
  report.layer(
    'receive',
    'checks form, key, signature, claims, times and content type, without a request to any table',
  );
  report.layer('DynamoDB', 'one transaction records the use of the token and closes the task, or does neither');
  await probe?.published('Task Succeeded', task.taskId);
  const result = await ask(`/v1/tasks/${task.taskId}/result`);
  const bytes = await result.text();
  expectThat(result.status === 200 && bytes === RESULT, 'the sender to read the same bytes', result.status);
  if (probe !== undefined)
    report.layer('publish', 'publishes "Task Succeeded" with the place of the result, never the result itself');
  report.outcome(`200: recorded at ${first.body.receivedAt}. The sender reads back the same ${bytes.length} bytes.`);

  report.step('The answer was lost, so the processor sends the same request again');
  const again = await deliver(callback, RESULT);
  expectThat(
    again.status === 200 && again.replayed && again.body.receivedAt === first.body.receivedAt,
    'the first answer again',
    again,
  );
  report.layer('receive', 'finds the token used with the same path, type and payload: a repeat');
  report.outcome('200 with Idempotency-Replayed: true. The answer is the first one again, and nothing changed.');
};

const playReplay = async (
  { ask, deliver, probe, report }: ScenarioContext,
  task: OpenedTask,
  callback: Callback,
): Promise<void> => {
  report.step('An attacker found the URL in a log and posts another result');
  const replay = await deliver(callback, FORGED);
  expectThat(replay.status === 401 && replay.body.code === 'token_replayed', '401 token_replayed', replay);
  report.layer('receive', 'finds the token used with another payload: a replay');
  if (probe !== undefined) {
    await probe.counted('ReplayDetected');
    const { replay: evidence } = (await probe.published('Replay Detected', task.taskId)) as {
      readonly replay?: { readonly count?: number; readonly from?: string };
    };
    expectThat(evidence?.count === 1, 'the evidence of one replay in the event', evidence);
    report.layer('CloudWatch', `counts ReplayDetected; the alarm ${await probe.raised(REPLAY_ALARM)} is now ALARM`);
    report.layer('publish', `publishes "Replay Detected": number ${evidence.count}, from ${evidence.from}`);
  }
  const untouched = await ask(`/v1/tasks/${task.taskId}/result`);
  expectThat((await untouched.text()) === RESULT, 'the result to be unchanged', untouched.status);
  const seen = probe === undefined ? 'refused' : 'refused, counted and published';
  report.outcome(`401 token_replayed: ${seen}. The result is still the first one.`);
};

const playMisuse = async (
  { ask, deliver, open, processor, report }: ScenarioContext,
  task: OpenedTask,
): Promise<void> => {
  report.step('A valid, unused token is sent to another task');
  const other = await open({ processor, resource: 'invoice-78' });
  const { url, ...token } = other.callback('result');
  const misused = await deliver({ ...token, url: url.replace(other.taskId, task.taskId) }, FORGED);
  expectThat(misused.status === 403 && misused.body.code === 'token_path_mismatch', '403 token_path_mismatch', misused);
  report.layer('receive', 'compares the path in the token with the path of the request');
  const spared = await ask(`/v1/tasks/${other.taskId}`);
  const sparedStatus = ((await spared.json()) as { status?: string }).status;
  expectThat(sparedStatus === 'pending', 'the other task to be pending', sparedStatus);
  report.outcome(
    '403 token_path_mismatch, without a request to any table. The token is still unused, and its own task is pending.',
  );
};
