import { ALARMS, PAGER_ALARMS } from '../../lib/monitoring/alarms.ts';
import { docComment, formatted } from './formatted.ts';
import type { GeneratedPage } from './page.ts';

const PATH = 'cdk/alarm-types.ts';

const render = (): string => {
  const alarms = Object.entries({ ...ALARMS, ...PAGER_ALARMS });
  return [
    '// `npm run docs` writes this file from lib/monitoring/alarms.ts.',
    "import type { AlarmBase } from 'aws-cdk-lib/aws-cloudwatch';",
    '',
    '/** The alarms of an environment by their names in the runbook. */',
    'export interface PosternAlarms {',
    ...alarms.map(([name, { description }]) => `${docComment([description])}\nreadonly ${name}: AlarmBase;`),
    '}',
    '',
  ].join('\n');
};

/** Type of the alarms for users of the package. The types of their definitions would need half of `lib`. */
export const ALARM_TYPES: GeneratedPage = { path: PATH, render: () => formatted(PATH, render()) };
