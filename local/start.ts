import type { Gateway } from './gateway.ts';
import { helpWhereAsked } from './help.ts';
import { runUntilStopped } from './run.ts';
import { serve, VARIABLES_HELP } from './serve.ts';
import { synthesizeLocal } from './template/synthesize-local.ts';

helpWhereAsked(`npm start [-- --environment NAME] [--no-story | --seed] [--no-processor]

Runs the whole gateway on 127.0.0.1, without an AWS account: it synthesizes the environment "local" and runs that template.
It plays the scenario of one callback once, and then runs until Ctrl-C. It also starts an example processor, which Postern sends
work to.

  --environment NAME  runs the processors, applications and policies of another environment, with keys of this machine
  --no-story          starts without the scenario and without the example processor
  --seed              instead of the scenario, makes a week of tasks for the console and the operator API: all states,
                      replays, late results, dead letters and actions of two operators; once in a data folder
  --no-processor      starts without the example processor, if a processor of yours listens at its address
  --help              prints this text

${VARIABLES_HELP}`);

/** `npm start`: starts the gateway, plays the scenario once and runs until a signal. */
runUntilStopped((signal) => serve(signal, { synthesize: synthesizeLocal, seed }));

async function seed({ context, seededFile }: Gateway): Promise<void> {
  // Loaded here: it has the code of most functions, which no other start needs.
  const { seedGateway } = await import('./seed/seed.ts');
  const isNew = await seedGateway({ context, seededFile });
  console.log(isNew ? '\nMade a week of tasks.' : '\nThe data folder has the week of tasks already.');
}
