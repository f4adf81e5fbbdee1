import type { Context } from '../../context.ts';
import type { EnvAnswer } from '../../env/answer.ts';
import type { Exit } from '../../exit-codes.ts';

/** Prints the answer about an environment. @returns the exit code */
export const printAnswer = ({ io }: Context, { data, exit, text }: EnvAnswer): Exit => {
  io.print(data, () => text);
  return exit;
};

export const ENVIRONMENT_ARGUMENT = {
  environment: {
    doc: 'name of an environment, such as prod; without it, the only one of the app',
    isOptional: true,
  },
} as const;

/** Says in the help where environments come from. */
export const ABOUT_APPS =
  'The app is that of the nearest cdk.json upwards in the same Git checkout, if no other user may have written it. Its command runs as "cdk synth" runs it, and what it prints goes to stderr. It gets ' +
  'CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION as they are set.';
