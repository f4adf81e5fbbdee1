import { eventually, expectThat, shorten } from '../story-teller.ts';
import type { World } from './world.ts';

const PROCESSOR = 'acme-ocr';
const RESULT = JSON.stringify({ text: 'Invoice 77, total 12.50' });
const FORGED = JSON.stringify({ text: 'Invoice 77, total 9,999.00' });
const REPLAY_ALARM = 'ReplayDetected';

/** A result is asked for, delivered, delivered again, forged, and its URL tried elsewhere. */
export const tellMainLine = async (world: World): Promise<void> => {
  const { ask, deliver, gateway, open, published, tell } = world;
  const origin = gateway.ready.gateway;

  tell.step('A sender opens a task');
  tell.layer(
    'OpenID provider',
    `gives local-sender an access token (${shorten(world.accessToken)}) for its private key`,
  );
  tell.layer('load balancer', 'checks its signature, issuer, audience and times, and forwards to "open"');
  tell.layer('open', `checks scope and role, has KMS sign the callback tokens, puts the task`);
  const task = await open({ processor: PROCESSOR, resource: 'invoice-77' });
  const url = task.url('result');
  const token = url.slice(url.lastIndexOf('/') + 1);
  expectThat(task.status === 'pending' && url.startsWith(`${origin}/v1/results/`), 'a pending task', task.status);
  await published('Task Opened', task.taskId);
  tell.layer('publish', 'reads the change from the table’s stream and publishes "Task Opened"');
  tell.outcome(`201: task ${task.taskId} is pending. The processor ${PROCESSOR} gets one URL, good for one result:`);
  tell.outcome(url.replace(token, shorten(token)));

  tell.step('The processor delivers its result to that URL');
  tell.layer('load balancer', 'has a rule for the path: forwards to "receive"');
  tell.layer('receive', 'checks form, key, signature, claims, times and content type; no table is asked so far');
  tell.layer('DynamoDB', 'one transaction uses the token up and closes the task, or does neither');
  const first = await deliver(url, RESULT);
  expectThat(first.status === 200 && first.body.status === 'succeeded', 'the result to be recorded', first);
  await published('Task Succeeded', task.taskId);
  const result = await ask(`/v1/tasks/${task.taskId}/result`);
  const bytes = await result.text();
  expectThat(result.status === 200 && bytes === RESULT, 'the sender to read the same bytes', result.status);
  tell.layer('publish', '"Task Succeeded", with where the result is, never the result');
  tell.outcome(`200: recorded at ${first.body.receivedAt}. The sender reads back the same ${bytes.length} bytes.`);

  tell.step('The answer was lost, so the processor sends the same thing again');
  tell.layer('receive', 'finds the token used, with the same path, type and payload: an honest repeat');
  const again = await deliver(url, RESULT);
  expectThat(
    again.status === 200 && again.replayed && again.body.receivedAt === first.body.receivedAt,
    'the first answer again',
    again,
  );
  tell.outcome('200 with Idempotency-Replayed: true: the first answer again, and nothing changed.');

  tell.step('Somebody found the URL in a log and posts a result of his own');
  tell.layer('receive', 'finds the token used, with another payload: a replay');
  const replay = await deliver(url, FORGED);
  expectThat(replay.status === 401 && replay.body.code === 'token_replayed', '401 token_replayed', replay);
  await world.counted('ReplayDetected');
  const evidence = (await published('Replay Detected', task.taskId)).replay as { count?: number; from?: string };
  expectThat(evidence?.count === 1, 'the evidence of one replay in the event', evidence);
  const alarm = await eventually(`the alarm ${REPLAY_ALARM} to be raised`, () =>
    gateway.alarms.names.find((name) => name.endsWith(REPLAY_ALARM) && gateway.alarms.state(name) === 'ALARM'),
  );
  const untouched = await ask(`/v1/tasks/${task.taskId}/result`);
  expectThat((await untouched.text()) === RESULT, 'the result to be what it was', untouched.status);
  tell.layer('CloudWatch', `counts ReplayDetected; the alarm ${alarm} is now ${gateway.alarms.state(alarm)}`);
  tell.layer('publish', `"Replay Detected": number ${evidence.count}, from ${evidence.from}`);
  tell.outcome('401 token_replayed: refused, counted, published. The result is still the first one.');

  tell.step('A good, unused token is tried on another task');
  const other = await open({ processor: PROCESSOR, resource: 'invoice-78' });
  const otherToken = other.url('result').slice(other.url('result').lastIndexOf('/') + 1);
  tell.layer('receive', 'compares the one path that the token names with the path of the request');
  const misused = await deliver(`${origin}/v1/results/${task.taskId}/${otherToken}`, FORGED);
  expectThat(misused.status === 403 && misused.body.code === 'token_path_mismatch', '403 token_path_mismatch', misused);
  const spared = await ask(`/v1/tasks/${other.taskId}`);
  const sparedStatus = ((await spared.json()) as { status?: string }).status;
  expectThat(sparedStatus === 'pending', 'the other task to be pending', sparedStatus);
  tell.outcome('403 token_path_mismatch: no table was asked, the token is not used up, its own task still waits.');
};
