import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { IDENTITIES } from '../../../lib/update/identities.ts';
import { NEVER_CHANGED } from '../../../lib/update/never-changed.ts';
import { type ResourceSchema, schemaOf } from '../../../lib/update/resource-schemas.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { SWITCHED } from '../../support/switched-environments.ts';
import { synthesize } from '../../support/synthesize.ts';

interface Property {
  readonly type: unknown;
  readonly causesReplacement?: 'yes' | 'maybe';
}
interface Definition {
  readonly $id: string;
  readonly properties: Readonly<Record<string, Property>>;
}
interface ResourceDefinition extends Definition {
  readonly cloudFormationType: string;
  readonly isStateful?: boolean;
}

/** Schemas of the CloudFormation registry, from the CDK CLI, which needs them for `cdk diff`. */
const database = (() => {
  const cli = dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json'));
  const { schema } = JSON.parse(gunzipSync(readFileSync(join(cli, 'db.json.gz'))).toString()) as {
    readonly schema: Readonly<
      Record<'resource' | 'typeDefinition', { readonly entities: Readonly<Record<string, ResourceDefinition>> }>
    >;
  };
  return {
    resources: new Map(Object.values(schema.resource.entities).map((one) => [one.cloudFormationType, one])),
    definitions: new Map(Object.values(schema.typeDefinition.entities).map((one) => [one.$id, one])),
  };
})();

const pathsOf = (definition: Definition, kind: 'yes' | 'maybe', seen: readonly string[] = []): readonly string[] =>
  Object.entries(definition.properties).flatMap(([name, { causesReplacement, type }]) => {
    if (causesReplacement === kind) return [name];
    const inner = [...JSON.stringify(type).matchAll(/"\$ref":"(\d+)"/g)]
      .map(([, id = '']) => id)
      .filter((id) => !seen.includes(id))
      .flatMap((id) => {
        const found = database.definitions.get(id);
        return found === undefined ? [] : pathsOf(found, kind, [...seen, id]);
      });
    return [...new Set(inner)].map((path) => `${name}.${path}`);
  });

const types = new Map<string, Set<string>>();
for (const input of [
  anAwsEnvironment({ certificateArn: undefined, hostedZone: { id: 'Z1234567890', name: 'example.com' } }),
  ...Object.values(SWITCHED),
]) {
  for (const template of Object.values(synthesize(input))) {
    for (const { Properties, Type } of Object.values(template.toJSON().Resources) as {
      Type: string;
      Properties?: object;
    }[]) {
      const properties = types.get(Type) ?? new Set();
      for (const property of Object.keys(Properties ?? {})) properties.add(property);
      types.set(Type, properties);
    }
  }
}
const used = [...types.keys()].filter((type) => !type.startsWith('Custom::')).sort();

describe('lib/update/resource-schemas.json', () => {
  it('has the replacing properties of every type in use (written by `vitest -u`)', async () => {
    const schemas = used.map((type) => {
      const definition = database.resources.get(type);
      if (definition === undefined) throw new Error(`The CDK's command line knows no schema of ${type}.`);
      const schema: ResourceSchema = {
        replaces: pathsOf(definition, 'yes'),
        mayReplace: pathsOf(definition, 'maybe'),
        keepsData: definition.isStateful === true,
      };
      return `  ${JSON.stringify(type)}: ${JSON.stringify(schema)
        .replaceAll(/([:,])(?=["[tf])/g, '$1 ')
        .replaceAll(/\{(.*)\}/g, '{ $1 }')}`;
    });
    await expect(`{\n${schemas.join(',\n')}\n}\n`).toMatchFileSnapshot('../../../lib/update/resource-schemas.json');
  });

  it('has known facts: a subnet keeps its zone, a table its keys, a network its addresses', () => {
    expect(schemaOf('AWS::EC2::Subnet').replaces).toEqual(expect.arrayContaining(['AvailabilityZone', 'CidrBlock']));
    expect(schemaOf('AWS::EC2::Subnet').mayReplace).toEqual(['Ipv6CidrBlock']);
    expect(schemaOf('AWS::DynamoDB::GlobalTable')).toMatchObject({ keepsData: true });
    expect(schemaOf('AWS::DynamoDB::GlobalTable').replaces).toContain('KeySchema');
    expect(schemaOf('AWS::EC2::VPC').replaces).toContain('CidrBlock');
    expect(used.filter((type) => schemaOf(type).keepsData)).toEqual([
      'AWS::Cognito::UserPool',
      'AWS::DynamoDB::GlobalTable',
      'AWS::KMS::Key',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::SQS::Queue',
      'AWS::SecretsManager::Secret',
    ]);
  });

  it('refuses an unknown type, and names the command that adds it', () => {
    expect(() => schemaOf('AWS::RDS::DBCluster')).toThrow(/the type AWS::RDS::DBCluster, .* adds the type\.$/);
    expect(schemaOf('AWS::CDK::Metadata').replaces).toEqual([]);
    expect(schemaOf('Custom::Anything').replaces).toEqual([]);
  });
});

describe('the identities of resources', () => {
  it('are known for every named type in use', () => {
    const named = used.filter((type) => {
      const own = `${type.split('::')[2]}Name`;
      return schemaOf(type).replaces.some((path) => [own, 'Name'].includes(path) && types.get(type)?.has(path));
    });
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((type) => IDENTITIES[type] === undefined)).toEqual([]);
  });

  it('are properties in the schemas, like the properties that never change', () => {
    const known = (type: string) => Object.keys(database.resources.get(type)?.properties ?? {});
    const told = [
      ...Object.entries(IDENTITIES).map(([type, { name, within = [] }]) => [type, [...name, ...within]] as const),
      ...Object.entries(NEVER_CHANGED).map(
        ([type, all]) => [type, all.map(({ property }) => property.split('.')[0] ?? '')] as const,
      ),
    ];
    for (const [type, properties] of told)
      expect([type, known(type)]).toEqual([type, expect.arrayContaining([...properties])]);
  });
});
