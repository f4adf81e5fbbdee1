import { defineCommand } from '../command.ts';

export const DOCTOR_COMMAND = defineCommand({
  name: 'doctor',
  summary: 'Finds what is wrong between this machine and a gateway, and says what to do',
  description:
    'It checks the files of the profile, the names and certificates of the gateway and the issuer, the clock, the key sets, the discovery document, the sign-in, and whether the gateway accepts its token. It changes nothing. It prints one line for each problem. If all is well, stdout is empty, and stderr says so.',
  options: {},
  examples: ['postern doctor', 'postern doctor --profile production -o json'],
  exits: ['failed'],
  run: async (context) => {
    const { examine } = await import('../doctor/examine.ts');
    const { printProblems } = await import('../doctor/print-problems.ts');
    const problems = await examine(context);
    await printProblems(context.io, problems);
    return problems.length === 0 ? 'ok' : 'failed';
  },
});
