import { DAY, HOUR, MINUTE, type Plot } from './clock.ts';
import {
  aboutToExpire,
  cancelled,
  hostile,
  lateAfterCancel,
  lateResult,
  leakyTask,
  OPERATORS,
  refusals,
  reopened,
  reopenedBySender,
  replay,
  revoked,
  stolenInvoice,
  unpublished,
  wrongType,
} from './incidents.ts';
import { ADDRESSES, aLabOrder, anInvoice, routine, type Stage } from './routine.ts';

/** Tasks of the daily work in the week. */
const DAILY_WORK = { invoices: 190, labOrders: 110 } as const;
const LEAKY_TASKS = 12;
/** `expire` runs this often. On AWS it runs each minute; the times of the tasks are the same. */
const EXPIRE_EVERY = 6 * HOUR;

/** A week of two applications and three processors: daily work, and one or more of every incident. */
export const aWeek = (stage: Stage): readonly Plot[] => {
  const { end, random } = stage;
  const ago = (days: number, hours = 0) => end - days * DAY - hours * HOUR;
  const anytime = () => end - random.between(5, (7 * DAY) / MINUTE) * MINUTE;
  const daily = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  return [
    expireRegularly(stage),
    ...daily(DAILY_WORK.invoices, () =>
      routine(stage, { application: 'invoices', at: anytime(), request: anInvoice(random) }),
    ),
    ...daily(DAILY_WORK.labOrders, () =>
      routine(stage, { application: 'orders', at: anytime(), request: aLabOrder(random) }),
    ),
    ...daily(LEAKY_TASKS, () => leakyTask(stage, ago(random.between(0, 4), random.between(5, 20)))),
    stolenInvoice(stage),
    hostile(stage),
    refusals(stage),
    replay(stage, ago(6, 3), ADDRESSES.other),
    replay(stage, ago(4), ADDRESSES['acme-ocr']),
    replay(stage, ago(2, 7), ADDRESSES.attacker),
    replay(stage, ago(0, 20), ADDRESSES.attacker),
    replay(stage, ago(0, 10), ADDRESSES['header-ocr']),
    lateResult(stage, ago(5), { operator: OPERATORS.first, action: 'accept', reason: 'The ward confirmed the values' }),
    lateResult(stage, ago(4, 2), {
      operator: OPERATORS.second,
      action: 'discard',
      reason: 'Repeated with a new sample',
    }),
    lateResult(stage, ago(2, 1)),
    lateResult(stage, ago(1, 3)),
    lateResult(stage, ago(0, 9)),
    lateAfterCancel(stage, ago(1, 8)),
    cancelled(stage, ago(3, 4), 'The customer withdrew the invoice (CRM-2041)'),
    cancelled(stage, ago(0, 8), 'Opened for the wrong customer'),
    revoked(stage, ago(3, 1), true),
    revoked(stage, ago(1, 2), false),
    reopened(stage, ago(2, 9), true),
    reopened(stage, ago(0, 12), false),
    reopenedBySender(stage, ago(5, 6)),
    unpublished(stage, ago(1, 5)),
    unpublished(stage, ago(0, 7)),
    wrongType(stage, ago(0, 6)),
    wrongType(stage, ago(0, 16)),
    ...[9, 21, 34, 48].map((minutes) => aboutToExpire(stage, minutes)),
  ];
};

async function* expireRegularly({ clock, end, world }: Stage): Plot {
  yield end - 7 * DAY;
  for (;;) {
    await world.expire();
    if (clock.now() >= end) return;
    yield Math.min(clock.now() + EXPIRE_EVERY, end);
  }
}
