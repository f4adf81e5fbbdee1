import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readDoorDefinition, TASK_DEFINITION_TYPE } from '../../../local/network-door/door-definition.ts';
import { imageFoldersOf } from '../../../local/template/cloud-assembly.ts';
import { test } from '../../support/unit-fixtures.ts';

const IMAGE = '000000000000.dkr.ecr.eu-west-1.amazonaws.com/assets:abc123';

const aTask = (container: Readonly<Record<string, unknown>>, ...others: readonly object[]) => ({
  logicalId: 'Task',
  type: TASK_DEFINITION_TYPE,
  properties: { Family: 'door', ContainerDefinitions: [{ Name: 'door', Image: IMAGE, ...container }, ...others] },
});

const CONFIG = { Name: 'DOOR_CONFIG', Value: '{"version":1}' };

describe('the task of the network door', () => {
  test('has the configuration, further variables, and the folder of its image', () => {
    const task = aTask({ Environment: [CONFIG, { Name: 'A', Value: 'b' }] });
    expect(readDoorDefinition(task, new Map([['abc123', '/assembly/asset.abc123']]))).toEqual({
      config: { version: 1 },
      environment: { A: 'b' },
      sources: '/assembly/asset.abc123',
    });
  });

  test.for([
    ['has no configuration', aTask({ Environment: [{ Name: 'A', Value: 'b' }] })],
    ['has no variables', aTask({})],
    ['has a second container', aTask({ Environment: [CONFIG] }, { Image: IMAGE })],
    ['has a value that is not resolved', aTask({ Environment: [{ Name: 'DOOR_CONFIG', Value: { Ref: 'X' } }] })],
  ] as const)('is refused where it %s', ([, task]) => {
    expect(() => readDoorDefinition(task, new Map([['abc123', '/assembly']]))).toThrow(
      'Task: the local gateway needs one container with the variable DOOR_CONFIG.',
    );
  });

  test('is refused where its image is built elsewhere', () => {
    expect(() => readDoorDefinition(aTask({ Environment: [CONFIG] }), new Map())).toThrow(
      `Task: the image ${IMAGE} is no asset of the cloud assembly.`,
    );
  });
});

test('the folders of images in a cloud assembly are found by the tags of the images', ({ ownFolder }) => {
  mkdirSync(join(ownFolder, 'asset.abc123'));
  const write = (file: string, content: unknown) => writeFileSync(join(ownFolder, file), JSON.stringify(content));
  write('manifest.json', {
    artifacts: {
      Stack: { type: 'aws:cloudformation:stack', properties: { templateFile: 'stack.json' } },
      'Stack.assets': { type: 'cdk:asset-manifest', properties: { file: 'stack.assets.json' } },
    },
  });
  write('stack.assets.json', {
    files: { f1: { source: { path: 'f1' }, destinations: { d: { objectKey: 'f1.zip' } } } },
    dockerImages: {
      abc123: { source: { directory: 'asset.abc123' }, destinations: { d: { imageTag: 'abc123' } } },
      elsewhere: { source: {}, destinations: { d: { imageTag: 'elsewhere' } } },
    },
  });
  expect(imageFoldersOf(ownFolder)).toEqual(new Map([['abc123', join(ownFolder, 'asset.abc123')]]));
});
