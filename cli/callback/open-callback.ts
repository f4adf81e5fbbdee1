import { Callback, type CallbackUrls, type Receipt } from '@postern/processor';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { makeProof } from './make-proof.ts';
import { type ProofValues, readProofMaterial } from './proof.ts';
import { readSource } from './read-source.ts';
import { asUsage } from './usage.ts';

/**
 * The client of a processor for the callback that an argument names, with its proof.
 * @throws {CommandError} `usage`, without a URL or with a key that does not fit
 */
export const openCallback = async (context: Context, argument: string, values: ProofValues): Promise<Callback> => {
  const source = await readSource(context, argument);
  const material = await readProofMaterial(context, values);
  const options = { fetch: context.fetch, ...(material !== undefined && { proof: makeProof(material) }) };
  switch (source.kind) {
    case 'token':
      throw new CommandError('usage', 'A token alone has no URL.', 'Give @FILE with the whole answer of "task open".');
    case 'callback': {
      const { token, url } = source.callback;
      return asUsage(() => new Callback(url, { ...options, ...(token !== undefined && { token }) }));
    }
    case 'callbacks':
      return asUsage(() => new Callback(source.callbacks as CallbackUrls, options));
  }
};

/** Prints what the gateway recorded. */
export const printReceipt = ({ io }: Context, receipt: Receipt): void => {
  const { receivedAt, replayed, status, taskId } = receipt;
  io.print(receipt, () =>
    [
      `task       ${taskId}`,
      `status     ${status}`,
      `received   ${receivedAt}${replayed ? ' (it was recorded before: this repeats it)' : ''}`,
    ].join('\n'),
  );
};
