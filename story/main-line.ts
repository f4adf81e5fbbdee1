import { expectThat, shorten } from './teller.ts';
import type { Callback, OpenedTask, World } from './world.ts';

const RESULT = JSON.stringify({ text: 'Invoice 77, total 12.50' });
const FORGED = JSON.stringify({ text: 'Invoice 77, total 9,999.00' });
const REPLAY_ALARM = 'ReplayDetected';

/** A result is asked for, delivered, delivered again, forged, and its token tried elsewhere. */
export const tellMainLine = async (world: World): Promise<void> => {
  const task = await tellOpening(world);
  const callback = task.callback('result');
  await tellDelivery(world, task, callback);
  if (world.replay) await tellReplay(world, task, callback);
  await tellMisuse(world, task);
};

const tellOpening = async (world: World): Promise<OpenedTask> => {
  const { accessToken, accessTokenFrom, onlooker, open, origin, processor, tell } = world;
  tell.step('A sender opens a task');
  if (accessTokenFrom === 'provider') {
    tell.layer('OpenID provider', `gave the sender an access token (${shorten(accessToken)})`);
  }
  const task = await open({ processor, resource: 'invoice-77' });
  const { token, url } = task.callback('result');
  expectThat(task.status === 'pending' && url.startsWith(`${origin}/v1/results/`), 'a pending task', task.status);
  tell.layer('load balancer', 'checks signature, issuer, audience and times of the access token, forwards to "open"');
  tell.layer('open', `checks scope and role, has KMS sign the callback tokens, puts the task`);
  if (onlooker !== undefined) {
    await onlooker.published('Task Opened', task.taskId);
    tell.layer('publish', 'reads the change from the table’s stream and publishes "Task Opened"');
  }
  const secret = token ?? url.slice(url.lastIndexOf('/') + 1);
  tell.outcome(`201: task ${task.taskId} is pending. The processor ${processor} gets one URL, good for one result:`);
  tell.outcome(token === undefined ? url.replace(secret, shorten(secret)) : `${url}, and the token ${shorten(secret)}`);
  return task;
};

const tellDelivery = async (
  { ask, deliver, onlooker, tell }: World,
  task: OpenedTask,
  callback: Callback,
): Promise<void> => {
  tell.step('The processor delivers its result to that URL');
  const first = await deliver(callback, RESULT);
  expectThat(first.status === 200 && first.body.status === 'succeeded', 'the result to be recorded', first);
  tell.layer('load balancer', 'has a rule for the path: forwards to "receive"');
  tell.layer('receive', 'checks form, key, signature, claims, times and content type; no table is asked so far');
  tell.layer('DynamoDB', 'one transaction uses the token up and closes the task, or does neither');
  await onlooker?.published('Task Succeeded', task.taskId);
  const result = await ask(`/v1/tasks/${task.taskId}/result`);
  const bytes = await result.text();
  expectThat(result.status === 200 && bytes === RESULT, 'the sender to read the same bytes', result.status);
  if (onlooker !== undefined) tell.layer('publish', '"Task Succeeded", with where the result is, never the result');
  tell.outcome(`200: recorded at ${first.body.receivedAt}. The sender reads back the same ${bytes.length} bytes.`);

  tell.step('The answer was lost, so the processor sends the same thing again');
  const again = await deliver(callback, RESULT);
  expectThat(
    again.status === 200 && again.replayed && again.body.receivedAt === first.body.receivedAt,
    'the first answer again',
    again,
  );
  tell.layer('receive', 'finds the token used, with the same path, type and payload: an honest repeat');
  tell.outcome('200 with Idempotency-Replayed: true: the first answer again, and nothing changed.');
};

const tellReplay = async (
  { ask, deliver, onlooker, tell }: World,
  task: OpenedTask,
  callback: Callback,
): Promise<void> => {
  tell.step('Somebody found the URL in a log and posts a result of his own');
  const replay = await deliver(callback, FORGED);
  expectThat(replay.status === 401 && replay.body.code === 'token_replayed', '401 token_replayed', replay);
  tell.layer('receive', 'finds the token used, with another payload: a replay');
  if (onlooker !== undefined) {
    await onlooker.counted('ReplayDetected');
    const { replay: evidence } = (await onlooker.published('Replay Detected', task.taskId)) as {
      readonly replay?: { readonly count?: number; readonly from?: string };
    };
    expectThat(evidence?.count === 1, 'the evidence of one replay in the event', evidence);
    tell.layer('CloudWatch', `counts ReplayDetected; the alarm ${await onlooker.raised(REPLAY_ALARM)} is now ALARM`);
    tell.layer('publish', `"Replay Detected": number ${evidence.count}, from ${evidence.from}`);
  }
  const untouched = await ask(`/v1/tasks/${task.taskId}/result`);
  expectThat((await untouched.text()) === RESULT, 'the result to be what it was', untouched.status);
  const seen = onlooker === undefined ? 'refused' : 'refused, counted, published';
  tell.outcome(`401 token_replayed: ${seen}. The result is still the first one.`);
};

const tellMisuse = async ({ ask, deliver, open, processor, tell }: World, task: OpenedTask): Promise<void> => {
  tell.step('A good, unused token is tried on another task');
  const other = await open({ processor, resource: 'invoice-78' });
  const { url, ...token } = other.callback('result');
  const misused = await deliver({ ...token, url: url.replace(other.taskId, task.taskId) }, FORGED);
  expectThat(misused.status === 403 && misused.body.code === 'token_path_mismatch', '403 token_path_mismatch', misused);
  tell.layer('receive', 'compares the one path that the token names with the path of the request');
  const spared = await ask(`/v1/tasks/${other.taskId}`);
  const sparedStatus = ((await spared.json()) as { status?: string }).status;
  expectThat(sparedStatus === 'pending', 'the other task to be pending', sparedStatus);
  tell.outcome('403 token_path_mismatch: no table was asked, the token is not used up, its own task still waits.');
};
