import { expect, it } from 'vitest';
import { MEMORY } from '../../capacity/workload.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import { synthesize } from '../support/synthesize.ts';
import { resourcesOf } from '../support/template.ts';

/** First word of each function's description. */
const DESCRIPTIONS = {
  receive: 'Receives',
  'create-task': 'Opens',
  tasks: 'Lists',
  publish: 'Publishes',
  expire: 'Expires',
} as const;

it.each(Object.entries(MEMORY))('%s has the memory that the capacity model assumes', (name, megabytes) => {
  const { gateway } = synthesize(anAwsEnvironment());
  const [resource] = Object.values(resourcesOf(gateway, 'AWS::Lambda::Function')).filter(({ Properties }) =>
    String(Properties.Description).startsWith(DESCRIPTIONS[name as keyof typeof MEMORY]),
  );
  expect(resource?.Properties.MemorySize).toBe(megabytes);
});
