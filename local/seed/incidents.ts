import { refuse } from '../../lambda/shared/refusal.ts';
import { DAY, HOUR, MINUTE, type Plot } from './clock.ts';
import { ADDRESSES, aLabOrder, anInvoice, aResult, report, type Stage } from './routine.ts';
import type { SeedOperator } from './world.ts';

/** The people of the story, as they sign in at the local provider. */
export const OPERATORS = {
  first: { sub: 'operator', from: '10.20.0.11' },
  second: { sub: 'operator2', from: '10.20.0.12' },
  viewer: { sub: 'viewer', from: '10.20.0.30' },
} as const satisfies Record<string, SeedOperator>;

const ACME = ADDRESSES['acme-ocr'];
const HEADER = ADDRESSES['header-ocr'];

/** `invoice-77`: its result was accepted. The same URL was used again, with other content. */
export async function* stolenInvoice({ end, random, world }: Stage): Plot {
  yield end - 6 * HOUR;
  const task = await world.open(
    'invoices',
    anInvoice(random, { resource: 'invoice-77', owner: 'j.okafor', metadata: { customer: 'Dupont SA', pages: 2 } }),
  );
  yield end - 5 * HOUR - 40 * MINUTE;
  await report(world, task, ACME, { percent: 50, note: 'page 1 of 2' });
  yield end - 5 * HOUR - 20 * MINUTE;
  await world.call(task.callbacks.result, { body: '{"text":"Total 42.00 EUR","iban":"FR76 0000 0001"}', from: ACME });
  yield end - 3 * HOUR;
  await world.call(task.callbacks.result, {
    body: '{"text":"Total 9942.00 EUR","iban":"XX00 6666 6666"}',
    from: ADDRESSES.attacker,
  });
  yield end - 2 * HOUR - 50 * MINUTE;
  await world.note(OPERATORS.first, 'reveal', task, 'Compare the accepted total with the scan (ticket SEC-311)');
}

/** A used callback URL that came back with other content. */
export async function* replay({ clock, random, world }: Stage, at: number, from: string): Plot {
  yield at;
  const isInvoice = random.next() < 0.6;
  const task = isInvoice
    ? await world.open('invoices', anInvoice(random))
    : await world.open('orders', aLabOrder(random, { expiresIn: (48 * HOUR) / 1_000 }));
  yield clock.now() + random.between(10, 60) * MINUTE;
  await world.call(task.callbacks.result, { body: aResult(random), from: isInvoice ? ACME : HEADER });
  for (let time = random.between(1, 2); time > 0; time -= 1) {
    yield clock.now() + random.between(5, 90) * MINUTE;
    await world.call(task.callbacks.result, { body: aResult(random), from });
  }
}

/** A result that came after the deadline. @param settle what an operator does with it */
export async function* lateResult(
  { clock, random, world }: Stage,
  at: number,
  settle?: { readonly operator: SeedOperator; readonly action: 'accept' | 'discard'; readonly reason: string },
): Plot {
  yield at;
  const task = await world.open('orders', aLabOrder(random, { expiresIn: (4 * HOUR) / 1_000 }));
  yield clock.now() + random.between(20, 90) * MINUTE;
  await report(world, task, HEADER, { percent: 10, note: 'waiting for the second page' });
  yield at + 4 * HOUR + random.between(30, 120) * MINUTE;
  await world.call(task.callbacks.result, { body: aResult(random), from: HEADER });
  if (settle === undefined) return;
  // The next run of `expire` comes first.
  yield clock.now() + 7 * HOUR;
  await world.act(settle.operator, settle.action, task, settle.reason);
}

/** An invoice that was cancelled before its result came: the result waits, and cannot be accepted. */
export async function* lateAfterCancel({ clock, random, world }: Stage, at: number): Plot {
  yield at;
  const task = await world.open('invoices', anInvoice(random));
  yield clock.now() + 30 * MINUTE;
  await world.cancel(task);
  yield clock.now() + 45 * MINUTE;
  await world.call(task.callbacks.result, { body: aResult(random), from: ACME });
}

/** An operator stops a task. A colleague with an old page comes second. */
export async function* cancelled({ clock, random, world }: Stage, at: number, reason: string): Plot {
  yield at;
  const task = await world.open('invoices', anInvoice(random));
  yield clock.now() + 25 * MINUTE;
  const refusal = refuse('operator_role_missing', 'not operator');
  await world.note(OPERATORS.viewer, 'cancel', task, '', refusal);
  await world.act(OPERATORS.first, 'cancel', task, reason);
  yield clock.now() + 4 * MINUTE;
  await world.act(OPERATORS.second, 'cancel', task, 'Duplicate of another upload', { revision: 1 });
}

/** Callbacks that may be known to others are revoked. The sender issues new ones, or does not. */
export async function* revoked({ clock, random, world }: Stage, at: number, isIssuedAgain: boolean): Plot {
  yield at;
  const task = await world.open('invoices', anInvoice(random, { expiresIn: (5 * DAY) / 1_000 }));
  yield clock.now() + 50 * MINUTE;
  await world.act(OPERATORS.second, 'revoke', task, 'The URL was posted in a support chat');
  yield clock.now() + 20 * MINUTE;
  await world.call(task.callbacks.result, { body: aResult(random), from: ADDRESSES.other });
  if (!isIssuedAgain) return;
  yield clock.now() + 2 * HOUR;
  const issued = await world.reissue(task);
  yield clock.now() + HOUR;
  await world.call(issued.callbacks.result, { body: aResult(random), from: ACME });
}

/** A wrong result is rolled back. Then the sender issues new callbacks, and the right result comes. */
export async function* reopened({ clock, random, world }: Stage, at: number, isFinished: boolean): Plot {
  yield at;
  const task = await world.open('orders', aLabOrder(random, { expiresIn: (48 * HOUR) / 1_000 }));
  yield clock.now() + 40 * MINUTE;
  await world.call(task.callbacks.result, { body: aResult(random), from: HEADER });
  yield clock.now() + 3 * HOUR;
  await world.act(OPERATORS.second, 'reopen', task, 'The scan of another patient was read');
  if (!isFinished) return;
  yield clock.now() + 30 * MINUTE;
  const issued = await world.reissue(task);
  yield clock.now() + 50 * MINUTE;
  await world.call(issued.callbacks.result, { body: aResult(random), from: HEADER });
}

/** The sender itself rolls a result back. */
export async function* reopenedBySender({ clock, random, world }: Stage, at: number): Plot {
  yield at;
  const task = await world.open('invoices', anInvoice(random));
  yield clock.now() + 35 * MINUTE;
  await world.call(task.callbacks.result, { body: aResult(random), from: ACME });
  yield clock.now() + 2 * HOUR;
  const again = await world.reopen(task, 'The total does not match the order');
  yield clock.now() + 55 * MINUTE;
  await world.call(again.callbacks.result, { body: aResult(random), from: ACME });
}

/** Its events are refused for good by the local event bus, so that they become dead letters. */
export async function* unpublished({ clock, random, world }: Stage, at: number): Plot {
  yield at;
  const metadata = { customer: 'Eriksen AS', localFault: 'publish' };
  const task = await world.open('invoices', anInvoice(random, { metadata }));
  yield clock.now() + 30 * MINUTE;
  await world.call(task.callbacks.result, { body: aResult(random), from: ACME });
}

/** A task that ends within the hour. */
export async function* aboutToExpire({ end, random, world }: Stage, minutesLeft: number): Plot {
  const expiresIn = 6 * HOUR;
  yield end + minutesLeft * MINUTE - expiresIn;
  const task = await world.open('orders', aLabOrder(random, { expiresIn: expiresIn / 1_000 }));
  yield end - random.between(20, 50) * MINUTE;
  await report(world, task, HEADER, { percent: random.between(20, 80), note: 'in the queue of the second reader' });
}

/** A processor whose callback URLs may have leaked: tasks that still wait for it. */
export async function* leakyTask({ clock, random, world }: Stage, at: number): Plot {
  yield at;
  const request = anInvoice(random, { processor: 'leaky', expiresIn: (6 * DAY) / 1_000 });
  const task = await world.open('invoices', request);
  if (random.next() < 0.5) return;
  yield clock.now() + random.between(10, 200) * MINUTE;
  await report(world, task, ADDRESSES.leaky, { percent: random.between(5, 60), note: 'archived' });
}

/** Texts that would be markup or would turn a line around, if a page did not escape them. They do no harm. */
export async function* hostile({ clock, end, random, world }: Stage): Plot {
  yield end - 9 * HOUR;
  const task = await world.open(
    'invoices',
    anInvoice(random, {
      resource: 'urn:example:<script>alert("resource")</script>',
      metadata: {
        '<b>customer</b>': 'Bob"><img src=x onerror=alert(1)>',
        file: 'invoice-\u202Efdp.exe\u202C',
        isolated: '\u2067reversed\u2069 and \u0007 a bell',
      },
    }),
  );
  yield clock.now() + 20 * MINUTE;
  const url = `${world.origin}/c/NotARealCodeOfAnyTask0`;
  await report(world, task, ACME, {
    percent: 40,
    note: `<h1>Done</h1>\u202Eenod\u202C see ${url} and </td><script>alert('note')</script>`,
  });
  yield clock.now() + 10 * MINUTE;
  await world.act(
    OPERATORS.first,
    'revoke',
    task,
    'Markup in a note: <svg onload=alert("reason")>, asked the processor',
  );
}

/** Requests without a valid token, as scanners and broken processors send them. */
export async function* refusals({ end, random, world }: Stage): Plot {
  for (let i = 0; i < 14; i += 1) {
    yield end - (23 - i) * HOUR + random.between(0, 50) * MINUTE;
    const path = random.pick(['/v1/results/AAAAAAAAAAAAAAAAAAAAAA', '/c/AAAAAAAAAAAAAAAAAAAAAA'] as const);
    const token = random.next() < 0.5 ? undefined : 'not-a-token';
    await world.call(
      { url: world.origin + path, ...(token !== undefined && { token }) },
      { body: '{}', from: ADDRESSES.other },
    );
  }
}

/** A processor that sends a type that it is not registered for, before it sends the right one. */
export async function* wrongType({ clock, random, world }: Stage, at: number): Plot {
  yield at;
  const task = await world.open('invoices', anInvoice(random));
  yield clock.now() + 20 * MINUTE;
  await world.call(task.callbacks.result, { body: '<total/>', contentType: 'application/xml', from: ACME });
  yield clock.now() + 15 * MINUTE;
  await world.call(task.callbacks.result, { body: aResult(random), from: ACME });
}
