import { PROOF_NOTE, PROOF_OPTIONS } from '../../callback/proof.ts';
import { SOURCE_DOC, SOURCE_NOTE } from '../../callback/read-source.ts';
import { defineCommand } from '../../command.ts';

export const CALLBACK_UPLOAD_COMMAND = defineCommand({
  name: 'callback upload',
  summary: 'Uploads a result that is too large for "callback send"',
  description:
    'Announces the file, and puts its bytes to the store. The task stays pending until the gateway has looked at them. ' +
    `The task needs the callback "upload". ${PROOF_NOTE} ${SOURCE_NOTE}`,
  arguments: { CALLBACK: { doc: SOURCE_DOC }, FILE: { doc: 'the file with the result' } },
  options: {
    contentType: { doc: 'content type of the file (default: by its name)', value: 'TYPE' },
    ...PROOF_OPTIONS,
  },
  examples: ['postern callback upload @task.json scan.pdf'],
  exits: ['refused', 'unavailable'],
  run: async (context, { arguments: { CALLBACK, FILE }, options }) => {
    const { contentTypeOf } = await import('../../callback/content-type.ts');
    const { openCallback, printReceipt } = await import('../../callback/open-callback.ts');
    const { openUpload } = await import('../../callback/open-upload.ts');
    const { contentType = contentTypeOf(FILE) } = options;
    const callback = await openCallback(context, CALLBACK, options);
    const { blob, sha256 } = await openUpload(context, FILE);
    context.io.showProgress(`Uploading ${blob.size} bytes …`);
    try {
      printReceipt(context, await callback.upload(blob, { contentType, sha256, signal: context.signal }));
    } finally {
      context.io.showProgress('');
    }
    return 'ok';
  },
});
