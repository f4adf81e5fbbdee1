import { MAX_INPUT_BYTES } from '../../../lambda/contract/dispatch-limits.ts';
import { MAX_METADATA_BYTES } from '../../../lambda/contract/limits.ts';
import { RESUME_KINDS } from '../../../lambda/contract/resume.ts';
import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import type { Context } from '../../context.ts';
import { readDuration } from '../../durations.ts';
import { readInput, readJsonInput } from '../../files.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { CALLBACK_OPTIONS, ISSUE_OPTIONS, readIssueOptions } from './shared-options.ts';
import { issueCallbacks } from './show-task.ts';
import { waitForTask } from './wait-for-task.ts';

export const TASK_OPEN_COMMAND = defineCommand({
  name: 'task open',
  summary: 'Opens a task and gets its callback URLs, or has its work sent',
  description:
    'If Postern sends the work to the processor, nobody else gets the callback URLs. Otherwise the callback URLs are secrets: give them to the processor and to nobody else. With --wait the command prints the task when it has ended.',
  options: {
    processor: { doc: 'id of the processor that does the work', value: 'ID', required: true },
    resource: { doc: 'your own name of what the work is about', value: 'NAME', required: true },
    ...ISSUE_OPTIONS,
    expires: { ...ISSUE_OPTIONS.expires, default: '1h' },
    metadata: {
      doc: `file with a JSON object of at most ${MAX_METADATA_BYTES} bytes, which events give back`,
      value: '@FILE',
    },
    input: {
      doc: `file with the JSON that the processor works on, at most ${MAX_INPUT_BYTES} bytes: Postern sends it`,
      value: '@FILE',
    },
    noDispatch: { doc: 'gets the callback URLs of a processor that Postern sends the work to; you send it yourself' },
    owner: { doc: 'the user or tenant for whom the work is done', value: 'ID' },
    heartbeat: { doc: 'without progress for this time the task expires', value: 'DURATION' },
    supersedes: { doc: 'cancels your pending task that was opened with the same name', value: 'NAME' },
    idempotencyKey: { doc: 'the same key opens one task, however often it is sent', value: 'KEY' },
    resume: {
      doc: `workflow that waits: ${RESUME_KINDS.join(' or ')}, and a file with its token or callback id`,
      value: 'KIND:@FILE',
    },
    wait: { doc: 'waits until the task has ended' },
    ...CALLBACK_OPTIONS,
  },
  examples: [
    'postern task open --processor acme-ocr --resource invoice-77 --out task.json',
    'postern task open --processor acme-ocr --resource invoice-77 --expires 2d --show-callbacks -o json',
    'postern task open --processor acme-ocr --resource invoice-77 --out task.json --wait',
    'postern task open --processor sent-ocr --resource invoice-77 --input @document.json --wait',
  ],
  exits: ['signIn', 'refused', 'unavailable', 'endedOtherwise'],
  run: async (context, { options }) => {
    const request = {
      processor: options.processor,
      resource: options.resource,
      ...readIssueOptions(options),
      expiresIn: readDuration('--expires', options.expires),
      ...(options.metadata !== undefined && { metadata: await readMetadata(context, options.metadata) }),
      ...(options.input !== undefined && {
        input: await readJsonInput(context, '--input', options.input),
      }),
      ...(options.noDispatch && { dispatch: false }),
      ...(options.owner !== undefined && { owner: options.owner }),
      ...(options.heartbeat !== undefined && { heartbeat: readDuration('--heartbeat', options.heartbeat) }),
      ...(options.supersedes !== undefined && { supersedes: options.supersedes }),
      ...(options.resume !== undefined && { resume: await readResume(context, options.resume) }),
    };
    const postern = await senderOf(context);
    const { signal } = context;
    // With --wait the data of the command is the task as it ended; URLs that are to be shown are printed at once all the same.
    const { taskId } = await issueCallbacks(
      context,
      options,
      () =>
        postern.tasks.open(request, {
          signal,
          ...(options.idempotencyKey !== undefined && { idempotencyKey: options.idempotencyKey }),
        }),
      () => !options.wait || options.showCallbacks,
    );
    return options.wait ? waitForTask(context, postern, taskId) : 'ok';
  },
});

const readMetadata = async (context: Context, value: string): Promise<Readonly<Record<string, unknown>>> => {
  const metadata = await readJsonInput(context, '--metadata', value);
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) {
    return metadata as Readonly<Record<string, unknown>>;
  }
  throw new CommandError('usage', '--metadata is no JSON object.', 'Write an object, such as {"batch": 7}.');
};

/** The token is a secret, so it comes from a file. */
const readResume = async (context: Context, value: string) => {
  const colon = value.indexOf(':');
  const kind = RESUME_KINDS.find((name) => name === value.slice(0, colon));
  if (kind === undefined) {
    throw new CommandError(
      'usage',
      `--resume does not begin with ${RESUME_KINDS.map((name) => `${name}:`).join(' or ')}.`,
    );
  }
  const token = new TextDecoder().decode(await readInput(context, '--resume', value.slice(colon + 1))).trim();
  return kind === 'stepFunctions' ? ({ kind, taskToken: token } as const) : ({ kind, callbackId: token } as const);
};
