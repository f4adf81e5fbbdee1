import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { synthOutcome } from '../lib/validation/synth-outcome.ts';

/**
 * `npm run synth`: creates the templates, fails at an unacknowledged finding, and prints the next step. Options go to
 * `cdk synth`: `npm run synth -- -c postern:environment=prod` creates the templates of one environment.
 */
const HELP = `npm run synth [-- OPTIONS]

Creates the templates of every environment in cdk.out, fails at an unacknowledged finding, and prints the next step.

  -c postern:environment=NAME  only this environment; no other environment's file is read
  --help                       print this help

Every other option goes to "cdk synth".`;

if (process.argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}

const FOLDER = 'cdk.out';
// With `--ci` the CDK writes only errors to stderr. Its stdout asks for the id of a stack, even after a success.
const options = ['cdk', 'synth', '--quiet', '--ci', '--output', FOLDER, ...process.argv.slice(2)];
const { status } = spawnSync('npx', options, { stdio: ['inherit', 'ignore', 'inherit'] });
if (status === 0) {
  const read = (file: string): string => readFileSync(`${FOLDER}/${file}`, 'utf8');
  const { findings, message } = synthOutcome(FOLDER, read('manifest.json'), read('validation-report.json'));
  if (findings === 0) console.log(message);
  else console.error(message);
  process.exitCode = findings === 0 ? 0 : 1;
} else process.exitCode = status ?? 1;
