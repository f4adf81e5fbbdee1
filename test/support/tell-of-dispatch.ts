import { expect, vi } from 'vitest';
import type { DispatchView } from '../../lambda/contract/dispatch.ts';
import type { BulkSending } from '../../lambda/contract/operator-api.ts';
import { requestAccessToken } from '../../scenario/access-token.ts';
import type { ScenarioContext } from '../../scenario/context.ts';
import type { HttpVisitor } from './http-visitor.ts';
import { EVENTUALLY } from './patience.ts';
import { type AnswerAttempt, answerJson, type ProgrammedProcessor } from './programmed-processor.ts';

const PROCESSOR = 'sent-ocr';

export interface ToldGateway {
  readonly ready: {
    readonly gateway: string;
    readonly idp: Parameters<typeof requestAccessToken>[0];
    readonly clients: { readonly acting: Parameters<typeof requestAccessToken>[1] };
  };
}

export interface DispatchStory extends ToldGateway, Pick<ScenarioContext, 'ask' | 'open' | 'deliver'> {
  readonly processor: ProgrammedProcessor;
  /** An operator at the console, signed in. */
  readonly person: HttpVisitor;
  /** Sends the form of an action at the console. */
  readonly confirm: (path: string, heading: string) => Promise<void>;
}

/** The next answers of the processor, in their order. Then it accepts. */
const answers =
  (...statuses: readonly (number | 'none')[]): AnswerAttempt =>
  (_, response, number) => {
    const status = statuses[number - 1] ?? 202;
    if (status === 'none') response.destroy();
    else answerJson(response, status, { id: `job-${number}` });
  };

/**
 * Sends work to a processor that accepts, refuses, fails, answers nothing, wants no more and is away. Senders and operators send it
 * again in every way, and operators pause and resume the processor.
 */
export const tellOfDispatch = async (story: DispatchStory): Promise<void> => {
  const { ask, confirm, open, person, processor, ready } = story;

  const operate = async (path: string, body?: object, status = 200) => {
    const token = await requestAccessToken(ready.idp, ready.clients.acting, 'operator_read operator_write');
    const response = await fetch(`${ready.gateway}/v1/operator${path}`, {
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    const json = (await response.json()) as Readonly<Record<string, unknown>>;
    expect([path, response.status, json]).toEqual([path, status, expect.anything()]);
    return json;
  };
  const processorNow = async () => {
    const { processors } = (await operate('/dispatch')) as {
      readonly processors: readonly {
        readonly processor: string;
        readonly revision: number;
        readonly paused?: object;
      }[];
    };
    return processors.find((one) => one.processor === PROCESSOR);
  };
  const change = async (action: 'pause' | 'resume') => {
    const { revision } = (await processorNow()) ?? {};
    await operate(`/processors/${PROCESSOR}/${action}`, { reason: 'An exercise.', revision });
  };

  const viewOf = async (taskId: string) =>
    (await (await ask(`/v1/tasks/${taskId}`)).json()) as { readonly status: string; readonly dispatch?: DispatchView };
  const reach = (taskId: string, wanted: Partial<DispatchView>) =>
    vi.waitFor(async () => expect(await viewOf(taskId)).toMatchObject({ dispatch: wanted }), {
      ...EVENTUALLY,
      timeout: 30_000,
    });
  /** Opens a task about a document, whose attempts get these answers. */
  const send = async (document: string, answer: AnswerAttempt): Promise<string> => {
    processor.program(JSON.stringify({ document }), answer);
    return (await open({ processor: PROCESSOR, resource: 'invoice-103', input: { document } })).taskId;
  };
  const attemptsOf = (document: string) => processor.attempts(JSON.stringify({ document }));
  const attempted = (document: string, times: number) =>
    vi.waitFor(() => expect(attemptsOf(document)).toHaveLength(times), EVENTUALLY);

  // The sender sends work again, and reopens a task without its input and with it.
  const refused = await send('refused', answers(422));
  await reach(refused, { state: 'failed', reason: 'Refused' });
  expect((await ask(`/v1/tasks/${refused}/dispatch`, { method: 'POST' })).status).toBe(202);
  await reach(refused, { state: 'accepted' });
  const reopen = async (taskId: string, more: object = {}) => {
    const body = JSON.stringify({ reason: 'An exercise.', ...more });
    expect((await ask(`/v1/tasks/${taskId}/reopen`, { method: 'POST', body })).status).toBe(201);
  };
  const again = await send('reopened', answers(422));
  await reach(again, { state: 'failed' });
  await reopen(again);
  await reach(again, { state: 'accepted' });
  const [, attempt] = attemptsOf('reopened');
  expect((await story.deliver({ url: attempt?.body.webhook ?? '' }, '{}', 'application/json')).status).toBe(200);
  await reopen(again, { input: { document: 'reopened with input' } });
  await attempted('reopened with input', 1);

  // Operators send single tasks again.
  const { revision } = await operate(`/tasks/${refused}`);
  await operate(`/tasks/${refused}/dispatch`, { reason: 'An exercise.', revision });
  await attempted('refused', 3);
  await reach(refused, { state: 'accepted' });
  await confirm(`/console/tasks/${refused}/dispatch`, refused);
  await attempted('refused', 4);

  // Operators send many tasks again: by the API, and at the console.
  const unknown = await send('no answer', answers('none', 409));
  await reach(unknown, { state: 'accepted', reason: 'AnswerUnknown' });
  const failed = [await send('refused twice', answers(422, 422)), await send('refused once', answers(422))];
  for (const taskId of failed) await reach(taskId, { state: 'failed' });
  const jobOf = async (of: BulkSending, expected: number) => {
    const { count, planId } = await operate(`/processors/${PROCESSOR}/dispatch`, { plan: true, of });
    expect([of, count]).toEqual([of, expected]);
    if (count === 0) return;
    const confirmation = { planId, confirm: count, reason: 'An exercise.' };
    await operate(`/processors/${PROCESSOR}/dispatch`, confirmation, 202);
  };
  await jobOf('retired_key', 0);
  await jobOf('answer_unknown', 1);
  await attempted('no answer', 3);
  await jobOf('failed', 2);
  await attempted('refused once', 2);
  await reach(failed[0] ?? '', { state: 'failed', attempts: 2 });
  await person.open(`/console/processors/${PROCESSOR}/dispatch?of=failed`);
  await person.send({ Reason: 'An exercise.', 'Number of tasks': '1' }, 'Confirm');
  await attempted('refused twice', 3);

  // Operators pause the processor, and resume it.
  await change('pause');
  await change('resume');
  await confirm(`/console/processors/${PROCESSOR}/pause`, 'Dispatch');
  const waiting = await send('paused', answers());
  await confirm(`/console/processors/${PROCESSOR}/resume`, 'Dispatch');
  await reach(waiting, { state: 'accepted' });

  // Postern pauses a processor that wants no more work.
  for (const number of [1, 2, 3]) await send(`gone ${number}`, answers(410));
  await vi.waitFor(async () => expect(await processorNow()).toMatchObject({ paused: { by: 'postern' } }), EVENTUALLY);
  await change('resume');

  // The breaker opens, and the attempt after its pause closes it.
  const away = [await send('away 1', answers(503, 503, 503)), await send('away 2', answers(503, 503, 503))];
  for (const taskId of away) await reach(taskId, { state: 'accepted' });
};
