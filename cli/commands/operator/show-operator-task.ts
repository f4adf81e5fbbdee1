import type { CallbackView, OperatorTaskView, TimelineEntry } from '@postern/client/operator';
import { showTime } from '../../durations.ts';
import { type Column, oneLine, toTable } from '../../io.ts';
import type { Settings } from '../../settings/settings.ts';
import { suggestCommand } from '../../suggest-command.ts';
import { taskLines } from '../task/show-task.ts';

/**
 * The view of a task for a person: what it is, what happened, what still works, and what to do next.
 * @param hold see `readHold`
 */
export const operatorTaskLines = (
  task: OperatorTaskView,
  settings: Settings,
  now: number,
  hold: string | undefined,
): string =>
  [
    taskLines(task, now),
    `belongs to ${task.application}`,
    `revision   ${task.revision}`,
    ...(hold === undefined ? [] : [`sending    ${oneLine(hold)}`]),
    ...section('Timeline', task.timeline.length === 0 ? '' : toTable(timelineColumns(now), task.timeline)),
    ...section('Callbacks', task.callbacks.length === 0 ? '' : toTable(callbackColumns(now), task.callbacks)),
    ...section('Quarantine', task.quarantine.length === 0 ? '' : toTable(quarantineColumns(now), task.quarantine)),
    ...section('What you can do', nextCommands(task, settings).join('\n')),
  ].join('\n');

const section = (title: string, text: string): readonly string[] =>
  text === '' ? [] : ['', title, ...text.split('\n').map((line) => `  ${line}`)];

const timelineColumns = (now: number): readonly Column<TimelineEntry>[] => [
  { title: 'AT', value: ({ at }) => at },
  { title: 'AGO', value: ({ at }) => showTime(at, now) },
  { title: 'WHAT', value: ({ kind }) => kind },
  { title: 'CALLBACK', value: ({ capability }) => capability },
  { title: 'FROM', value: ({ from }) => from },
  { title: 'OPERATOR', value: ({ operator }) => operator?.sub },
  { title: 'REASON', value: ({ reason }) => reason },
  {
    title: 'PAYLOADS (SHA-256)',
    value: ({ replay }) => replay && `${short(replay.first.sha256)} then ${short(replay.second.sha256)}`,
  },
];

const callbackColumns = (now: number): readonly Column<CallbackView>[] => [
  { title: 'CALLBACK', value: ({ capability }) => capability },
  { title: 'TOKEN ENDS', value: ({ jtiEnd }) => jtiEnd },
  { title: 'CARRIER', value: ({ carrier }) => carrier },
  { title: 'GRADE', value: ({ grade }) => grade },
  { title: 'USES', value: ({ maxUses, uses }) => `${uses} of ${maxUses}` },
  { title: 'EXPIRES', value: ({ expiresAt }) => showTime(expiresAt, now) },
  { title: 'REVOKED', value: ({ revokedAt }) => revokedAt && showTime(revokedAt, now) },
];

export const quarantineColumns = (now: number): readonly Column<OperatorTaskView['quarantine'][number]>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'WHY', value: ({ why }) => why },
  { title: 'CALLBACK', value: ({ capability }) => capability },
  { title: 'RECEIVED', value: ({ receivedAt }) => showTime(receivedAt, now) },
  { title: 'TYPE', value: ({ contentType }) => contentType },
  { title: 'BYTES', value: ({ size }) => size },
  { title: 'SHA-256', value: ({ sha256 }) => short(sha256) },
];

/** The beginning of a digest: enough to see whether two payloads are the same. The JSON has all of it. */
export const short = (sha256: string): string => sha256.slice(0, 12);

/** Command lines that the state of the task allows. The roles of the operator and the environment may still refuse them. */
const nextCommands = (
  { callbacks, dispatch, quarantine, status, taskId }: OperatorTaskView,
  settings: Settings,
): readonly string[] => {
  const command = (words: string) => suggestCommand(settings, `operator ${words} --reason TEXT`);
  const isLive = callbacks.some(({ revokedAt }) => revokedAt === undefined);
  return [
    ...(status === 'pending' && isLive ? [command(`task revoke ${taskId}`)] : []),
    ...(status === 'pending' ? [command(`task cancel ${taskId}`)] : []),
    ...(dispatch !== undefined && (status === 'pending' || dispatch.state === 'failed')
      ? [command(`task dispatch ${taskId}`)]
      : []),
    // With the profile of the sender, which this command line does not know.
    ...(status === 'pending' && !isLive && dispatch === undefined
      ? [`Its sender issues new callbacks with "postern task reissue ${taskId} --out FILE".`]
      : []),
    ...(status === 'succeeded' || status === 'failed'
      ? [
          command(`task payload ${taskId} --of ${status === 'succeeded' ? 'result' : 'failure'}`),
          command(`task reopen ${taskId}`),
        ]
      : []),
    ...quarantine.flatMap(({ id }) => [
      command(`task payload ${taskId} --of ${oneLine(id)}`),
      ...(status === 'expired' ? [command(`quarantine accept ${taskId} ${oneLine(id)}`)] : []),
      command(`quarantine discard ${taskId} ${oneLine(id)}`),
    ]),
  ];
};
