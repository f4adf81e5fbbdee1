import { PROOF_NOTE, PROOF_OPTIONS } from '../../callback/proof.ts';
import { SOURCE_DOC, SOURCE_NOTE } from '../../callback/read-source.ts';
import { defineCommand } from '../../command.ts';

export const CALLBACK_FAIL_COMMAND = defineCommand({
  name: 'callback fail',
  summary: 'Reports that the work failed, which ends the task',
  description: `${PROOF_NOTE} ${SOURCE_NOTE}`,
  arguments: { CALLBACK: { doc: SOURCE_DOC } },
  options: {
    code: { doc: 'why, in a word for programs', value: 'CODE', required: true },
    message: { doc: 'why, in a sentence for people', value: 'TEXT' },
    ...PROOF_OPTIONS,
  },
  examples: ['postern callback fail @task.json --code unreadable --message "page 3"'],
  exits: ['refused', 'unavailable'],
  run: async (context, { arguments: { CALLBACK }, options }) => {
    const { openCallback, printReceipt } = await import('../../callback/open-callback.ts');
    const { code, message } = options;
    const callback = await openCallback(context, CALLBACK, options);
    const report = { code, ...(message !== undefined && { message }) };
    printReceipt(context, await callback.fail(report, { signal: context.signal }));
    return 'ok';
  },
});
