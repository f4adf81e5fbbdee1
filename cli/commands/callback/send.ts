import { PROOF_NOTE, PROOF_OPTIONS } from '../../callback/proof.ts';
import { isStdin, SOURCE_DOC, SOURCE_NOTE } from '../../callback/read-source.ts';
import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { readInput } from '../../files.ts';

export const CALLBACK_SEND_COMMAND = defineCommand({
  name: 'callback send',
  summary: 'Delivers a result, as a processor does',
  description: `Tries again until an answer decides, with the same bytes and a fresh proof. ${PROOF_NOTE} ${SOURCE_NOTE}`,
  arguments: { CALLBACK: { doc: SOURCE_DOC } },
  options: {
    data: { doc: 'file with the bytes of the result, or - for stdin', value: '@FILE', required: true },
    contentType: {
      doc: 'content type of the bytes (default: by the name of the file; JSON from stdin)',
      value: 'TYPE',
    },
    ...PROOF_OPTIONS,
  },
  examples: [
    'postern callback send @task.json --data @result.json',
    'postern callback send @task.json --data @scan.pdf --content-type application/pdf',
    'postern callback send @task.json --data @result.json --proof dpop --key @key.jwk',
  ],
  exits: ['refused', 'unavailable'],
  run: async (context, { arguments: { CALLBACK }, options }) => {
    const { contentTypeOf } = await import('../../callback/content-type.ts');
    const { openCallback, printReceipt } = await import('../../callback/open-callback.ts');
    const { contentType = isStdin(options.data) ? 'application/json' : contentTypeOf(options.data), data } = options;
    if (isStdin(data) && isStdin(CALLBACK)) {
      throw new CommandError('usage', 'The callback and --data both come from stdin.', 'Give one of them as @FILE.');
    }
    const callback = await openCallback(context, CALLBACK, options);
    const bytes = await readInput(context, '--data', data);
    printReceipt(context, await callback.deliver(bytes, { contentType, signal: context.signal }));
    return 'ok';
  },
});
