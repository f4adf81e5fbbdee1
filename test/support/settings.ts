import { awsEnvironment } from '../../lib/config/schema.ts';
import { nodeOf, objectsIn } from '../../tools/docs/schema-entries.ts';

/** Parts of an environment whose entries are tested as a whole. */
const WHOLE =
  /^(hostedZone|operatorRoles|(accessToken|senderAccessToken)\.profile|processors\.ID\.proof|shield\.contacts|mutualTls\.\w+|reservedConcurrency)(\.|$)/;

/** `kind` only says which object it is. */
const namesOf = (entries: object): string[] => Object.keys(entries).filter((name) => name !== 'kind');

/** Every setting of an environment on AWS, read from the schema: `processors.ID.carriers`. */
export const everySetting = (): readonly string[] => [
  ...new Set(
    objectsIn(nodeOf(awsEnvironment))
      .filter(([path]) => !WHOLE.test(path))
      .flatMap(([path, entries]) => namesOf(entries).map((name) => (path === '' ? name : `${path}.${name}`))),
  ),
];
