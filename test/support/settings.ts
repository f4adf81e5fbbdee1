import { awsEnvironment } from '../../lib/config/schema.ts';
import { nodeOf, objectsIn } from '../../tools/docs/schema-entries.ts';

/** Parts of an environment whose entries are tested as a whole. */
const WHOLE =
  /^(hostedZone|operatorRoles|accessToken\.profile|processors\.ID\.proof|shield\.contacts|mutualTls\.\w+|reservedConcurrency)(\.|$)/;

/** Every setting of an environment on AWS, read from the schema: `processors.ID.carriers`. */
export const everySetting = (): readonly string[] => [
  ...new Set(
    objectsIn(nodeOf(awsEnvironment))
      .filter(([path]) => !WHOLE.test(path))
      .flatMap(([path, entries]) => Object.keys(entries).map((name) => (path === '' ? name : `${path}.${name}`))),
  ),
];
