import { defineCommand } from '../command.ts';
import { findDevProgram, runDevProgram } from '../dev-program.ts';

export const DEV_COMMAND = defineCommand({
  name: 'dev',
  summary: 'Runs a whole gateway on this machine until Ctrl-C, without AWS',
  description:
    'In the folder of a CDK app it runs an environment of the app: its processors, applications and policies, with addresses and ' +
    'keys of this machine. It prints what is different from AWS. In a checkout of Postern it runs the environment "local", unless ' +
    'an option names another one.\n\n' +
    'It plays the scenario of one callback once. It also starts an example processor, to which it sends the work of processors ' +
    'that have a dispatch entry. The profile "local" finds it by its ready file. POSTERN_PORT, POSTERN_IDP_PORT, ' +
    'POSTERN_DATA, POSTERN_READY_FILE, POSTERN_SIGNING, POSTERN_PROCESSOR_ORIGIN and POSTERN_WEBHOOK_ORIGIN set ports, folders, the way to sign, the ' +
    'origin that gets the work, and the origin at which processors confirm their calls. POSTERN_INGRESS=network runs the network ' +
    'door, which it builds with your Go, and POSTERN_CONSOLE_PORT is the port of the console then. The app needs a DynamoDB engine among its packages: @dynoxide/linux-x64 on ' +
    'Linux, or amplify-dynamodb-simulator with Java 17.',
  options: {
    environment: { doc: 'the environment to run; default: the only one of the app', value: 'NAME' },
    noStory: { doc: 'starts without the scenario and without the example processor' },
    noProcessor: { doc: 'starts without the example processor, if a processor of yours listens at its address' },
    seed: { doc: 'instead of the scenario, makes a week of tasks for the console and operators; of "local" only' },
  },
  examples: ['postern dev', 'postern dev --environment prod', 'postern dev --seed'],
  exits: ['failed'],
  run: async (context, { options: { environment, noProcessor, noStory, seed } }) => {
    const parameters = [
      ...(environment === undefined ? [] : [`--environment=${environment}`]),
      ...(noProcessor ? ['--no-processor'] : []),
      ...(noStory ? ['--no-story'] : []),
      ...(seed ? ['--seed'] : []),
    ];
    const code = await runDevProgram(findDevProgram(context.cwd), context, parameters);
    return code === 0 ? 'ok' : 'failed';
  },
});
