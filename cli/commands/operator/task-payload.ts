import { createHash } from 'node:crypto';
import type { RevealedPayload } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { confirmAction } from '../../confirm.ts';
import type { Context } from '../../context.ts';
import { intoNewFile } from '../../files.ts';
import { oneLine, safeLines } from '../../io.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { ACTION_OPTIONS, EXITS_OF_ONE, TASK_ARGUMENT } from './shared-options.ts';

export const OPERATOR_TASK_PAYLOAD_COMMAND = defineCommand({
  name: 'operator task payload',
  summary: 'Shows the beginning of a payload, or downloads it',
  description:
    'Needs the role operator_payload. The audit records it before you see a byte. Control characters of the preview are ' +
    'replaced, and the URL of the download is never printed.',
  arguments: TASK_ARGUMENT,
  options: {
    of: { doc: 'result, failure, or the id of a delivery in quarantine', value: 'PAYLOAD', required: true },
    out: { doc: 'downloads all of it to a new file that only you can read', value: 'FILE' },
    ...ACTION_OPTIONS,
  },
  examples: [
    'postern operator task payload TASK --of result --reason "the customer asks"',
    'postern operator task payload TASK --of failure --reason "ticket 4711" --out failure.json',
  ],
  exits: ['failed', ...EXITS_OF_ONE],
  run: async (context, { arguments: { TASK }, options: { of, out, reason, yes } }) => {
    const { io, signal } = context;
    const { tasks } = await operatorOf(context);
    await confirmAction(context, { action: `Shows you a payload of the task ${TASK}`, reason, yes });
    const reveal = () => tasks.payload(TASK, { of, reason }, { signal });
    if (out === undefined) {
      const { url: _secret, ...shown } = await reveal();
      io.print(shown, () => previewOf(shown));
      io.note(describe(shown));
      return 'ok';
    }
    const { file, outcome } = await intoNewFile(
      context,
      out,
      async () => {
        const payload = await reveal();
        return { payload, bytes: await download(context, payload) };
      },
      ({ bytes }) => bytes,
    );
    const { url: _secret, ...shown } = outcome.payload;
    io.print({ ...shown, file }, () => file);
    io.note(describe(shown));
    return 'ok';
  },
});

type Shown = Omit<RevealedPayload, 'url'>;

const describe = ({ contentType, preview, sha256, size }: Shown): string =>
  `${size} bytes of ${oneLine(contentType)}, SHA-256 ${sha256}${preview.truncated ? '. This is the beginning; --out FILE downloads all' : ''}.`;

const previewOf = ({ preview: { kind, text } }: Shown): string =>
  kind === 'text' ? safeLines(text) : text.replaceAll(/(.{64})/g, '$1\n').trimEnd();

/** @throws {CommandError} `failed`, if these are not the bytes that the gateway described */
const download = async ({ fetch, signal }: Context, { sha256, url }: RevealedPayload): Promise<Uint8Array> => {
  const response = await fetch(url, { signal });
  if (!response.ok) {
    throw new CommandError(
      'failed',
      `The download was answered with ${response.status}.`,
      'Reveal the payload again: its URL works for a minute.',
    );
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest === sha256) return bytes;
  throw new CommandError('failed', `The download has the SHA-256 ${digest}; expected ${sha256}. Nothing was kept.`);
};
