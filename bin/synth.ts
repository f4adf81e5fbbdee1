import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { synthOutcome } from '../lib/validation/synth-outcome.ts';

/**
 * `npm run synth`: makes the templates, fails at a finding that nobody acknowledged, and says what to do next. Options go to
 * `cdk synth`: `npm run synth -- -c postern:environment=prod` makes those of one environment.
 */
const HELP = `npm run synth [-- OPTIONS]

Makes the templates of every environment in cdk.out, fails at a finding that is not acknowledged, and says what to do next.

  -c postern:environment=NAME  those of one environment; the file of no other environment is read
  --help                       prints this

Every other option goes to "cdk synth".`;

if (process.argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}

const FOLDER = 'cdk.out';
// With `--ci` the CDK writes errors alone to stderr. Its last words on stdout ask for the id of a stack, after a success too.
const options = ['cdk', 'synth', '--quiet', '--ci', '--output', FOLDER, ...process.argv.slice(2)];
const { status } = spawnSync('npx', options, { stdio: ['inherit', 'ignore', 'inherit'] });
if (status === 0) {
  const read = (file: string): string => readFileSync(`${FOLDER}/${file}`, 'utf8');
  const { findings, words } = synthOutcome(FOLDER, read('manifest.json'), read('validation-report.json'));
  if (findings === 0) console.log(words);
  else console.error(words);
  process.exitCode = findings === 0 ? 0 : 1;
} else process.exitCode = status ?? 1;
