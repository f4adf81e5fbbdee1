import type { Payload, Task, TaskWithCallbacks } from '@postern/client';
import type { Context } from '../../context.ts';
import { showTime } from '../../durations.ts';
import { intoNewFile } from '../../files.ts';
import { oneLine } from '../../io.ts';
import { suggestCommand } from '../../suggest-command.ts';

const showPayload = ({ contentType, receivedAt, sha256, size }: Payload, now: number): string =>
  `${size} bytes of ${oneLine(contentType)}, ${showTime(receivedAt, now)}, SHA-256 ${sha256}`;

/** How far the work has come on its way to the processor: `queued, 2 attempts, last answer 503`. */
const showDispatch = ({ attempts, lastStatus, reason, remoteId, state }: NonNullable<Task['dispatch']>): string =>
  [
    state,
    reason,
    `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`,
    lastStatus && `last answer ${lastStatus}`,
    remoteId && `job ${remoteId}`,
  ]
    .filter(Boolean)
    .join(', ');

/** Lines for a person. Members that a task does not have are left out. */
export const taskLines = (task: Task, now: number): string => {
  const { progress } = task;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['task', task.taskId],
    ['status', task.status],
    ['processor', task.processor],
    ['resource', task.resource],
    ['owner', task.owner],
    ['opened', showTime(task.createdAt, now)],
    [task.status === 'pending' ? 'expires' : 'expiry', showTime(task.expiresAt, now)],
    ['closed', task.closedAt && showTime(task.closedAt, now)],
    [
      'progress',
      progress &&
        [progress.percent === undefined ? '' : `${progress.percent} %`, progress.note ?? '', showTime(progress.at, now)]
          .filter(Boolean)
          .join(', '),
    ],
    ['result', task.result && showPayload(task.result, now)],
    ['failure', task.failure && showPayload(task.failure, now)],
    [
      'workflow',
      task.resume && [task.resume.kind, task.resume.state, task.resume.reason ?? ''].filter(Boolean).join(', '),
    ],
    ['dispatch', task.dispatch && showDispatch(task.dispatch)],
    ['metadata', task.metadata && JSON.stringify(task.metadata)],
  ];
  return rows
    .filter((row): row is readonly [string, string] => Boolean(row[1]))
    .map(([name, value]) => `${name.padEnd(10)} ${oneLine(value)}`)
    .join('\n');
};

/** The answer to opening without its secrets. */
const withoutSecrets = (opened: TaskWithCallbacks): object => ({
  ...opened,
  callbacks: Object.fromEntries(
    Object.entries(opened.callbacks).map(([capability, { token: _token, url: _url, ...shown }]) => [capability, shown]),
  ),
});

const callbackLines = ({ callbacks }: TaskWithCallbacks, now: number, isShown: boolean): readonly string[] =>
  Object.entries(callbacks).flatMap(([capability, { expiresAt, grade, maxUses, token, url }]) => [
    `${capability.padEnd(10)} grade ${grade}, ${maxUses === 1 ? 'one use' : `${maxUses} uses`}, expires ${showTime(expiresAt, now)}`,
    ...(isShown ? [`           ${url}`, ...(token === undefined ? [] : [`           token ${token}`])] : []),
  ]);

interface Shown {
  readonly showCallbacks: boolean;
  readonly out: string | undefined;
}

/**
 * Does work that issues callbacks, and prints its answer: without URLs and tokens, unless the person wants to see them. With
 * `--out` a file gets the whole answer.
 */
export const issueCallbacks = async (
  context: Context,
  { out, showCallbacks }: Shown,
  work: () => Promise<TaskWithCallbacks>,
  print: (opened: TaskWithCallbacks) => boolean = () => true,
): Promise<TaskWithCallbacks> => {
  const { io, settings } = context;
  const whole = (opened: TaskWithCallbacks): string => `${JSON.stringify(opened, undefined, 2)}\n`;
  const written = out === undefined ? undefined : await intoNewFile(context, out, work, whole);
  const opened = written?.outcome ?? (await work());
  if (print(opened)) {
    io.print(showCallbacks ? opened : withoutSecrets(opened), () =>
      [
        `task       ${opened.taskId}`,
        `status     ${opened.status}`,
        `expires    ${showTime(opened.expiresAt, context.now())}`,
        ...(opened.dispatch === undefined ? [] : [`dispatch   ${opened.dispatch.state}`]),
        ...callbackLines(opened, context.now(), showCallbacks),
      ].join('\n'),
    );
  }
  if (opened.dispatch !== undefined)
    io.note('Postern sends the work. Nobody but the processor gets the callback URLs.');
  else if (written !== undefined) io.note(`The callback URLs are in ${written.file}.`);
  else if (!showCallbacks && Object.keys(opened.callbacks).length > 0) {
    const command = suggestCommand(settings, `task reissue ${opened.taskId} --out FILE`);
    io.note(`The callback URLs are secrets, so they were not shown. To have them, get new ones with "${command}".`);
  }
  return opened;
};
