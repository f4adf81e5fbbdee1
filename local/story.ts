import { readFileSync } from 'node:fs';
import type { Gateway } from './gateway.ts';
import { requestAccessToken } from './identity-provider/access-token.ts';
import { createTeller, eventually, expectThat, shorten, type Teller } from './story-teller.ts';

const PROCESSOR = 'acme-ocr';
const RESULT = JSON.stringify({ text: 'Invoice 77, total 12.50' });
const FORGED = JSON.stringify({ text: 'Invoice 77, total 9,999.00' });
const REPLAY_ALARM = 'ReplayDetected';

interface OpenedTask {
  readonly taskId: string;
  readonly status: string;
  readonly callbacks: { readonly result: { readonly url: string; readonly expiresAt: string } };
}

/**
 * Plays the main story against the running gateway, from outside, and tells what happens at each layer.
 * @throws {StoryError} at the first step that does not go as told.
 */
export const playStory = async (
  gateway: Gateway,
  tell: Teller = createTeller(console.log, process.stdout.isTTY === true),
): Promise<void> => {
  const { ready } = gateway;
  const since = { events: linesOf(ready.events.file).length, metrics: linesOf(ready.metrics.file).length };
  const began = performance.now();
  tell.title('The story of one callback');

  const accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write');
  const sender = { authorization: `Bearer ${accessToken}` };
  const open = async (resource: string): Promise<OpenedTask> => {
    const response = await fetch(`${ready.gateway}/v1/tasks`, {
      method: 'POST',
      headers: { ...sender, 'content-type': 'application/json' },
      body: JSON.stringify({ processor: PROCESSOR, resource, expiresIn: 3600 }),
    });
    const body = parse(await response.text());
    expectThat(response.status === 201, 'the task to be opened with 201', [response.status, body]);
    return body as unknown as OpenedTask;
  };
  const published = (detailType: string, taskId: string) =>
    eventually(`the event "${detailType}"`, () =>
      linesOf(ready.events.file)
        .slice(since.events)
        .find(
          ({ detail, ...event }) =>
            event['detail-type'] === detailType && (detail as { taskId?: string })?.taskId === taskId,
        ),
    );

  tell.step('A sender opens a task');
  tell.layer('OpenID provider', `gives local-sender an access token (${shorten(accessToken)}) for its private key`);
  tell.layer('load balancer', 'checks its signature, issuer, audience and times, and forwards to "open"');
  tell.layer('open', `checks scope and role, has KMS sign the callback tokens, puts the task`);
  const task = await open('invoice-77');
  const url = task.callbacks.result.url;
  const token = url.slice(url.lastIndexOf('/') + 1);
  const shown = url.replace(token, shorten(token));
  expectThat(
    task.status === 'pending' && url.startsWith(`${ready.gateway}/v1/results/`),
    'a pending task',
    task.status,
  );
  await published('Task Opened', task.taskId);
  tell.layer('publish', 'reads the change from the table’s stream and publishes "Task Opened"');
  tell.outcome(`201: task ${task.taskId} is pending. The processor ${PROCESSOR} gets one URL, good for one result:`);
  tell.outcome(shown);

  tell.step('The processor delivers its result to that URL');
  tell.layer('load balancer', 'has a rule for the path: forwards to "receive"');
  tell.layer('receive', 'checks form, key, signature, claims, times and content type; no table is asked so far');
  tell.layer('DynamoDB', 'one transaction uses the token up and closes the task, or does neither');
  const first = await deliver(url, RESULT);
  expectThat(first.status === 200 && first.body.status === 'succeeded', 'the result to be recorded', first);
  await published('Task Succeeded', task.taskId);
  const result = await fetch(`${ready.gateway}/v1/tasks/${task.taskId}/result`, { headers: sender });
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
  await eventually('the metric ReplayDetected', () =>
    linesOf(ready.metrics.file)
      .slice(since.metrics)
      .find((line) => line.ReplayDetected === 1 && line.Environment === 'local'),
  );
  const event = await published('Replay Detected', task.taskId);
  const evidence = (event.detail as { replay?: { count?: number; from?: string } }).replay;
  expectThat(evidence?.count === 1, 'the evidence of one replay in the event', evidence);
  const alarm = await eventually(`the alarm ${REPLAY_ALARM} to be raised`, () =>
    gateway.alarms.names.find((name) => name.endsWith(REPLAY_ALARM) && gateway.alarms.state(name) === 'ALARM'),
  );
  const untouched = await fetch(`${ready.gateway}/v1/tasks/${task.taskId}/result`, { headers: sender });
  expectThat((await untouched.text()) === RESULT, 'the result to be what it was', untouched.status);
  tell.layer('CloudWatch', `counts ReplayDetected; the alarm ${alarm} is now ${gateway.alarms.state(alarm)}`);
  tell.layer('publish', `"Replay Detected": number ${evidence.count}, from ${evidence.from}`);
  tell.outcome('401 token_replayed: refused, counted, published. The result is still the first one.');

  tell.step('A good, unused token is tried on another task');
  const other = await open('invoice-78');
  const otherToken = other.callbacks.result.url.slice(other.callbacks.result.url.lastIndexOf('/') + 1);
  tell.layer('receive', 'compares the one path that the token names with the path of the request');
  const misused = await deliver(`${ready.gateway}/v1/results/${task.taskId}/${otherToken}`, FORGED);
  expectThat(misused.status === 403 && misused.body.code === 'token_path_mismatch', '403 token_path_mismatch', misused);
  const spared = await fetch(`${ready.gateway}/v1/tasks/${other.taskId}`, { headers: sender });
  const sparedStatus = ((await spared.json()) as { status?: string }).status;
  expectThat(sparedStatus === 'pending', 'the other task to be pending', sparedStatus);
  tell.outcome('403 token_path_mismatch: no table was asked, the token is not used up, its own task still waits.');

  tell.step('Garbage arrives');
  const before = gateway.forwarded();
  const probe = await fetch(`${ready.gateway}/wp-login.php?cmd=id`, { method: 'POST', body: 'garbage' });
  expectThat(probe.status === 404, '404 for an unknown path', probe.status);
  tell.layer('load balancer', 'POST /wp-login.php: no rule has this path, 404');
  const forged = await fetch(`${ready.gateway}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: 'Bearer garbage', 'content-type': 'application/json' },
    body: '{}',
  });
  expectThat(forged.status === 401, '401 for an access token that is none', forged.status);
  tell.layer('load balancer', 'POST /v1/tasks with a forged access token: signature, 401');
  expectThat(gateway.forwarded() === before, 'no function to have run', gateway.forwarded() - before);
  tell.outcome('Both stopped at the load balancer: no function ran.');

  tell.line('');
  tell.line(`All of it went as told, in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
};

interface Delivered {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: { readonly status?: string; readonly receivedAt?: string; readonly code?: string };
}

const deliver = async (url: string, payload: string): Promise<Delivered> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: payload,
  });
  return {
    status: response.status,
    replayed: response.headers.get('idempotency-replayed') === 'true',
    body: parse(await response.text()),
  };
};

const parse = (text: string): Record<string, string> => {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    return {};
  }
};

/** The lines of a file that others still append to. */
const linesOf = (file: string): readonly Readonly<Record<string, unknown>>[] => {
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
