import { expect } from 'vitest';
import type { Sight, Visitor } from './console-visitor.ts';
import type { HttpVisitor } from './http-visitor.ts';
import { EVENTUALLY } from './patience.ts';
import type { OpenedTask, RunningSender } from './running-sender.ts';

/** Everything that a journey needs beside the person who makes it, who is `operator`. */
export interface JourneyWorld {
  readonly sender: RunningSender;
  /** Another operator, `operator2`. */
  readonly colleague: HttpVisitor;
}

/** A way of an operator through the console. It is the same in a browser, in a browser without script, and over HTTP. */
export interface Journey {
  readonly title: string;
  readonly walk: (operator: Visitor, world: JourneyWorld) => Promise<void>;
}

const RESULT = { text: 'Total 77.00', iban: 'words that only a revealed payload shows' };

export const pathOf = ({ taskId }: OpenedTask): string => `/console/tasks/${taskId}`;

/** Opens a task whose result was delivered. */
const openDelivered = async ({ sender }: JourneyWorld): Promise<OpenedTask> => {
  const task = await sender.open();
  expect(await sender.call(task, 'result', RESULT)).toBe(200);
  return task;
};

/** Opens a task with a result in quarantine. */
const openLate = async ({ sender }: JourneyWorld): Promise<OpenedTask> => {
  const task = await sender.open();
  await sender.cancel(task);
  // The answer does not say that the delivery is kept.
  expect(await sender.call(task, 'result', RESULT)).toBe(401);
  return task;
};

/** Confirms the action of the page that is open. The next page says once, and to this operator alone, what was done. */
const confirm = async (
  operator: Visitor,
  { colleague }: JourneyWorld,
  reason: string,
  said: string,
): Promise<Sight> => {
  const done = await operator.send({ Reason: reason }, 'Confirm');
  expect([done.status, done.notices, done.isNoticeFocused]).toEqual([200, [said], true]);
  if (done.url.search === '') return done;
  const page = done.url.pathname + done.url.search;
  expect(page).toMatch(/[?&]done=[\w-]{22}$/);
  expect((await colleague.open(page)).notices).toEqual([]);
  expect((await operator.open(page)).notices).toEqual([]);
  return done;
};

/** Waits until the audit shows an action. */
const readAudit = async (operator: Visitor, action: string, target: string, ...texts: readonly string[]) => {
  const read = async () => (await operator.open(`/console/audit?action=${action}&target=${target}`)).text;
  for (const text of texts) await expect.poll(read, EVENTUALLY).toContain(text);
};

/** A journey that does one action on a task and finds it in the audit. */
const actionOnTask = (
  action: string,
  {
    link,
    open,
    said,
    shows,
  }: {
    readonly link: string;
    readonly open: (world: JourneyWorld) => Promise<OpenedTask>;
    readonly said: string;
    /** Text of the task's page after the action. */
    readonly shows: string;
  },
): Journey => ({
  title: `${link}: says "${said}" once, and the audit has it`,
  walk: async (operator, world) => {
    const task = await open(world);
    await operator.open(pathOf(task));
    const asked = await operator.follow(link);
    expect(asked.text).toContain(task.taskId);
    const reason = `asked by phone <b>${action}</b>`;
    const done = await confirm(operator, world, reason, said);
    expect([done.url.pathname, done.heading]).toEqual([pathOf(task), task.taskId]);
    expect(done.text).toContain(shows);
    await readAudit(operator, action, task.taskId, reason, 'done');
  },
});

const findInvoice: Journey = {
  title: 'the task of invoice-77 is found by the search box, with why its second delivery was refused',
  walk: async (operator) => {
    await operator.open('/console');
    const found = await operator.send({ 'Find a task': 'invoice-77' });
    expect([found.heading, found.url.searchParams.get('resource')]).toEqual(['Tasks', 'invoice-77']);
    const [, taskId = ''] = /href="\/console\/tasks\/([\w-]{22})"/.exec(await operator.markup()) ?? [];
    const task = await operator.follow(taskId);
    expect(task.heading).toBe(taskId);
    expect(task.text).toContain('A used token came with another content. The delivery was refused.');
    expect(task.text).toContain('The second delivery used a token that was already used, with another content.');
    expect(task.text).toContain('198.51.100.77');
    // The box takes a task id too.
    expect((await operator.send({ 'Find a task': taskId })).heading).toBe(taskId);
  },
};

const acceptLate: Journey = {
  title: 'a late result is accepted from the list of the quarantine',
  walk: async (operator, world) => {
    const list = await operator.open('/console/quarantine');
    expect([list.heading, list.text]).toEqual(['Quarantine', expect.stringContaining('after the task had ended')]);
    const asked = await operator.follow('Accept');
    expect(asked.heading).toBe('Accept');
    const done = await confirm(operator, world, 'the ward needs the values', 'Late delivery accepted.');
    expect(done.text).toContain('A delivery in quarantine was accepted: result.');
    await readAudit(operator, 'accept', done.heading, 'the ward needs the values', 'done');
  },
};

const revealPayload: Journey = {
  title: 'Reveal payload: the answer to the form shows it, and no GET does',
  walk: async (operator, world) => {
    const task = await openDelivered(world);
    const pages = [await operator.open(pathOf(task)), await operator.follow('Reveal payload')];
    const shown = await confirm(operator, world, 'compare with the scan', 'Payload revealed.');
    expect(shown.text).toContain(RESULT.iban);
    expect(await operator.markup()).toMatch(/<a class="button" href="[^"]*X-Amz-Signature=[^"]*">Download<\/a>/);
    for (const path of [shown.url.pathname, pathOf(task), `/console/audit?target=${task.taskId}`]) {
      pages.push(await operator.open(path));
    }
    expect(pages.map(({ status, text }) => [status, text.includes(RESULT.iban)])).toEqual(Array(5).fill([200, false]));
    await readAudit(operator, 'reveal', task.taskId, 'compare with the scan', 'done');
  },
};

const revokeAll: Journey = {
  title: 'Revoke all callbacks: a leaked processor, its plan, the number, the job, and Abort',
  walk: async (operator, world) => {
    const task = await world.sender.open({ processor: 'leaky' });
    await operator.open(pathOf(task));
    expect((await operator.look()).text).toContain('The processor can still call back with:');
    await operator.open('/console/processors');
    const processor = await operator.follow('leaky');
    expect(processor.text).toContain('The processor can still call back for these tasks');
    await operator.follow('Revoke all callbacks');
    const wrong = await operator.send({ 'Number of tasks': '99999', Reason: 'their database leaked' }, 'Confirm');
    expect([wrong.status, wrong.text]).toEqual([409, expect.stringContaining('Nothing was done.')]);
    expect(await operator.markup()).toContain('value="their database leaked"');
    const [, number = ''] = /The plan has ([\d,]+) task/.exec(wrong.text) ?? [];
    const started = await operator.send({ 'Number of tasks': number, Reason: 'their database leaked' }, 'Confirm');
    const [, jobId = ''] = /^\/console\/jobs\/([\w-]{22})$/.exec(started.url.pathname) ?? [];
    expect([started.heading, started.notices, started.isNoticeFocused]).toEqual([
      `Job ${jobId}`,
      ['Callbacks are being revoked.'],
      true,
    ]);
    const state = async () => (await operator.open(`/console/jobs/${jobId}`)).text;
    await expect.poll(state, EVENTUALLY).toContain('State done');
    expect((await operator.open(pathOf(task))).text).toContain('Nobody can call back.');
    expect(await world.sender.call(task, 'result', RESULT)).toBe(401);
    // The worker may be faster than a person. Then nothing is aborted, and no page says so.
    await operator.open(`/console/jobs/${jobId}/abort`);
    const ended = await operator.send({ Reason: 'wrong processor' }, 'Confirm');
    expect([ended.heading, ended.notices]).toEqual([`Job ${jobId}`, []]);
    await readAudit(operator, 'revoke_all', 'leaky', 'their database leaked', 'done');
    await readAudit(operator, 'abort', jobId, 'wrong processor', 'done');
  },
};

const redrive: Journey = {
  title: 'Redrive and Redrive all: one dead letter, and all of a queue',
  walk: async (operator, world) => {
    await world.sender.open({ metadata: { localFault: 'publish' } });
    for (const link of ['Redrive', 'Redrive all']) {
      // A redrive hides letters until it ends, and its letters have no page in that time.
      const countHidden = async () => {
        await operator.open('/console/dead-letters');
        const markup = await operator.markup();
        const counts = [...markup.matchAll(/<p>(\d+) dead letter/g)].map(([, count]) => Number(count));
        const shown = markup.split('/redrive?id=').length - 1;
        return shown === 0 ? 'no letter is shown' : counts.reduce((sum, count) => sum + count, 0) - shown;
      };
      await expect.poll(countHidden, EVENTUALLY).toBe(0);
      expect((await operator.follow(link)).heading).toBe(link);
      await confirm(operator, world, `the bus is back, ${link}`, 'Redriven.');
      await readAudit(operator, 'redrive', 'publish', `the bus is back, ${link}`, 'done');
    }
  },
};

const pauseProcessor: Journey = {
  title: 'Pause, Send again and Resume: work that Postern sends waits, and nobody sees its callbacks',
  walk: async (operator, world) => {
    await operator.open('/console/dispatch');
    expect((await operator.follow('Pause')).text).toContain('sent-ocr');
    const paused = await confirm(operator, world, 'their maintenance', 'Processor paused.');
    expect([paused.heading, paused.text]).toEqual(['Dispatch', expect.stringContaining('Reason: their maintenance')]);
    await readAudit(operator, 'pause', 'sent-ocr', 'their maintenance', 'done');
    const work = { processor: 'sent-ocr', callbacks: ['result'], input: { document: 'scan-77.pdf' } };
    const task = await world.sender.open(work);
    expect(task.callbacks).toEqual({});
    expect((await operator.open(pathOf(task))).text).toContain('Dispatch queued 0 attempts');
    await operator.follow('Send again');
    const sent = await confirm(operator, world, 'they ask for it', 'Task is queued again.');
    expect(sent.text).toContain('The work is to be sent again.');
    await readAudit(operator, 'dispatch', task.taskId, 'they ask for it', 'done');
    const waits = async () => (await operator.open('/console/dispatch')).text;
    await expect.poll(waits, EVENTUALLY).toMatch(/sent-ocr paused [1-9]/);
    await operator.follow('Resume');
    const resumed = await confirm(operator, world, 'they are back', 'Processor resumed.');
    expect(resumed.text).not.toContain('their maintenance');
    await readAudit(operator, 'resume_dispatch', 'sent-ocr', 'they are back', 'done');
  },
};

const whoCancelled: Journey = {
  title: 'who cancelled a task, and why, is found in the audit by its filters',
  walk: async (operator, { colleague, sender }) => {
    const task = await sender.open();
    await colleague.open(`${pathOf(task)}/cancel`);
    await colleague.send({ Reason: 'the customer withdrew it' }, 'Confirm');
    await operator.open('/console/audit');
    const found = await operator.send({ Action: 'cancel', Target: task.taskId }, 'Filter');
    expect(found.url.searchParams.get('target')).toBe(task.taskId);
    expect(found.text).toMatch(/1 action, newest first .*operator2 cancel .* the customer withdrew it done/);
    expect((await operator.open(pathOf(task))).text).toContain('by the operator operator2');
  },
};

const staleTab: Journey = {
  title: 'a page is stale after an action of another operator, and after a discard',
  walk: async (operator, world) => {
    const { colleague } = world;
    const cases = [
      { task: await world.sender.open(), path: 'cancel', others: 'Revoke callbacks', was: 'pending, revision' },
      { task: await openLate(world), path: undefined, others: 'Discard', was: 'cancelled, revision' },
    ];
    for (const { others, path, task, was } of cases) {
      await operator.open(pathOf(task));
      if (path === undefined) await operator.follow('Discard');
      else await operator.open(`${pathOf(task)}/${path}`);
      await colleague.open(pathOf(task));
      await colleague.follow(others);
      expect((await colleague.send({ Reason: 'first' }, 'Confirm')).status).toBe(200);
      const stale = await operator.send({ Reason: 'second' }, 'Confirm');
      expect([stale.status, stale.heading]).toEqual([409, 'This task has changed']);
      expect(stale.text).toContain(`It was ${was}`);
      expect((await operator.follow('Back')).heading).toBe(task.taskId);
      await readAudit(operator, path ?? 'discard', task.taskId, 'second refused task_changed');
    }
  },
};

const notStale: Journey = {
  title: 'a page is not stale after progress of the processor',
  walk: async (operator, world) => {
    const task = await world.sender.open();
    await operator.open(`${pathOf(task)}/cancel`);
    expect(await world.sender.call(task, 'progress', { percent: 50, note: 'page 1 of 2' })).toBe(200);
    await confirm(operator, world, 'opened twice', 'Task cancelled.');
  },
};

const retireKey: Journey = {
  title: 'Retire key: says "Key retired." once, and the audit has it',
  walk: async (operator, world) => {
    await operator.open('/console/keys');
    const asked = await operator.follow('Retire key');
    const [, kid = ''] = /\/console\/keys\/([\w-]{43})\/retire$/.exec(asked.url.pathname) ?? [];
    const done = await confirm(operator, world, 'its memory was read', 'Key retired.');
    expect(done.text).toMatch(new RegExp(`${kid} retired `));
    await readAudit(operator, 'retire', kid, 'its memory was read', 'done');
  },
};

/** Journeys in their order. The last one retires a key, after which tokens of earlier tasks may not be valid. */
export const JOURNEYS: readonly Journey[] = [
  findInvoice,
  acceptLate,
  actionOnTask('cancel', {
    link: 'Cancel task',
    open: ({ sender }) => sender.open(),
    said: 'Task cancelled.',
    shows: 'The task was cancelled.',
  }),
  actionOnTask('revoke', {
    link: 'Revoke callbacks',
    open: ({ sender }) => sender.open(),
    said: 'Callbacks revoked.',
    shows: 'Nobody can call back.',
  }),
  actionOnTask('reopen', {
    link: 'Reopen task',
    open: openDelivered,
    said: 'Task reopened.',
    shows: 'The task was reopened.',
  }),
  actionOnTask('discard', {
    link: 'Discard',
    open: openLate,
    said: 'Late delivery discarded.',
    shows: 'A delivery in quarantine was discarded: result.',
  }),
  revealPayload,
  revokeAll,
  redrive,
  pauseProcessor,
  whoCancelled,
  staleTab,
  notStale,
  retireKey,
];
