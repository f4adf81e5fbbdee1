import { MAX_PROGRESS_NOTE_CHARS } from '../../../lambda/contract/limits.ts';
import { PROOF_NOTE, PROOF_OPTIONS } from '../../callback/proof.ts';
import { SOURCE_DOC, SOURCE_NOTE } from '../../callback/read-source.ts';
import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';

export const CALLBACK_PROGRESS_COMMAND = defineCommand({
  name: 'callback progress',
  summary: 'Reports progress, which is also the heartbeat',
  description: `${PROOF_NOTE} ${SOURCE_NOTE}`,
  arguments: { CALLBACK: { doc: SOURCE_DOC } },
  options: {
    percent: { doc: 'how far the work is, 0 to 100', value: 'NUMBER' },
    note: { doc: `text for the sender, at most ${MAX_PROGRESS_NOTE_CHARS} characters`, value: 'TEXT' },
    ...PROOF_OPTIONS,
  },
  examples: ['postern callback progress @task.json --percent 40 --note "page 2 of 5"'],
  exits: ['refused', 'unavailable'],
  run: async (context, { arguments: { CALLBACK }, options }) => {
    const { openCallback, printReceipt } = await import('../../callback/open-callback.ts');
    const { note } = options;
    const report = {
      ...(options.percent !== undefined && { percent: readPercent(options.percent) }),
      ...(note !== undefined && { note }),
    };
    const callback = await openCallback(context, CALLBACK, options);
    printReceipt(context, await callback.progress(report, { signal: context.signal }));
    return 'ok';
  },
});

const readPercent = (text: string): number => {
  const percent = text.trim() === '' ? Number.NaN : Number(text);
  if (percent >= 0 && percent <= 100) return percent;
  throw new CommandError('usage', `--percent is "${text}"; expected a number from 0 to 100.`);
};
