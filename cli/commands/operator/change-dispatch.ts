import type { OperatorActionRequest, PosternOperator, ProcessorDispatchView } from '@postern/client/operator';
import { CommandError } from '../../command-error.ts';
import { confirmAction } from '../../confirm.ts';
import type { Context } from '../../context.ts';
import type { Exit } from '../../exit-codes.ts';
import { toTable } from '../../io.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { suggestCommand } from '../../suggest-command.ts';
import { dispatchColumns } from './dispatch-list.ts';
import { readWhole } from './shared-options.ts';

interface DispatchChange {
  readonly processor: string;
  /** Beginning of a sentence about the processor: "Sends no more work to". */
  readonly does: string;
  readonly options: { readonly reason: string; readonly revision: string | undefined; readonly yes: boolean };
  readonly act: (operator: PosternOperator, request: OperatorActionRequest) => Promise<ProcessorDispatchView>;
}

/** Pauses or resumes a processor, and prints it afterwards. Without `--revision` it decides by the present state. */
export const changeDispatch = async (
  context: Context,
  { act, does, options, processor }: DispatchChange,
): Promise<Exit> => {
  const { io, now, settings, signal } = context;
  const { reason, yes } = options;
  const operator = await operatorOf(context);
  const revision =
    options.revision === undefined
      ? (await operator.dispatch.list({ signal })).find((one) => one.processor === processor)?.revision
      : readWhole('--revision', options.revision);
  if (revision === undefined) {
    throw new CommandError(
      'notFound',
      `Postern sends no work to a processor "${processor}".`,
      `List those that it sends work to with "${suggestCommand(settings, 'operator dispatch list')}".`,
    );
  }
  await confirmAction(context, { action: `${does} the processor ${processor}`, reason, yes });
  const changed = await act(operator, { reason, revision });
  io.print(changed, () => toTable(dispatchColumns(now()), [changed]));
  return 'ok';
};
