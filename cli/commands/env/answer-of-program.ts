import { askProgram } from '../../checkout.ts';
import { CommandError } from '../../command-error.ts';
import type { Context } from '../../context.ts';
import type { EnvAnswer, EnvRequest } from '../../env/protocol.ts';
import type { Exit } from '../../exit-codes.ts';

const PROGRAM = 'cli/env/program.ts';

/** Asks the program that reads environments, and prints its answer. */
export const printAnswer = async (context: Context, request: EnvRequest): Promise<Exit> => {
  context.io.showProgress(`Reading the environment ${request.environment} …`);
  const answer = await askProgram<EnvRequest, EnvAnswer>(context, PROGRAM, request);
  context.io.showProgress('');
  if ('message' in answer) throw new CommandError(answer.exit, answer.message, answer.remedy);
  context.io.print(answer.data, () => answer.text);
  return answer.exit;
};

export const ENVIRONMENT_ARGUMENT = {
  environment: { doc: 'name of a file of environments/, such as prod' },
} as const;
