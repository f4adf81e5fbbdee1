import { expect, it } from 'vitest';
import { MEMORY } from '../../capacity/workload.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import { synthesize } from '../support/synthesize.ts';
import { resourcesOf } from '../support/template.ts';

/** How the description of each function begins. */
const DESCRIBED = {
  receive: 'Receives',
  'create-task': 'Opens',
  tasks: 'Lists',
  publish: 'Publishes',
  expire: 'Expires',
} as const;

it.each(Object.entries(MEMORY))('%s has the memory that the capacity model assumes', (name, megabytes) => {
  const { gateway } = synthesize(anAwsEnvironment());
  const [found] = Object.values(resourcesOf(gateway, 'AWS::Lambda::Function')).filter(({ Properties }) =>
    String(Properties.Description).startsWith(DESCRIBED[name as keyof typeof MEMORY]),
  );
  expect(found?.Properties.MemorySize).toBe(megabytes);
});
