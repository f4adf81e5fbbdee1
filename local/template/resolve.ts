import type { ResolvedResource } from '../resource.ts';
import type { Stack, TemplateResource } from './cloud-assembly.ts';
import { PHYSICAL_IDS, PSEUDO_PARAMETERS } from './physical-ids.ts';

/** Returns the value of a dynamic reference, or `undefined` if the secret is missing. */
export type SecretReader = (secretId: string, jsonField: string | undefined) => string | undefined;

/** A resolved resource, and where it stands. */
export interface StackResource extends ResolvedResource {
  readonly stack: string;
  /** Value of `Ref`. */
  readonly ref: string;
}

/** Ids that a resource really has, where it has been made and others than the usual ones came of it. */
export interface ActualIds {
  readonly ref?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface Resolver {
  /** The resources of one type, in the order of the templates. Those whose condition is false are not there. */
  resources(type: string): readonly StackResource[];
  /** Sets the ids of a resource, to which references then resolve. */
  assign(resource: Pick<StackResource, 'stack' | 'logicalId'>, ids: ActualIds): void;
}

const NO_VALUE = Symbol('AWS::NoValue');

/**
 * Does what CloudFormation does with a template's intrinsic functions, for the ones that are used here.
 * Values are resolved when they are asked for, so that nothing is known, or stopped at, that this machine does not run.
 * @param foreignExports names of values of stacks that do not run here. Each has a placeholder
 * @throws {Error} (from `resources`) naming the function, attribute, type or reference that is not known.
 */
export const createResolver = (
  stacks: readonly Stack[],
  readSecret: SecretReader,
  foreignExports: readonly string[] = [],
): Resolver => {
  const exports = new Map<string, () => unknown>(
    foreignExports.map((name) => [name, () => `arn:aws:elsewhere:::${name}`]),
  );
  const assigned = new Map<string, ActualIds>();
  const assignedTo = (stack: string, logicalId: string): ActualIds => assigned.get(`${stack}/${logicalId}`) ?? {};

  const resourceOf = (stack: Stack, logicalId: string, where: string): TemplateResource => {
    const resource = stack.template.Resources?.[logicalId];
    if (resource === undefined) throw new Error(`${stack.name}, ${where}: there is no resource "${logicalId}".`);
    return resource;
  };

  const identity = (stack: Stack, logicalId: string) => {
    const { Type: type, Properties: properties = {} } = resourceOf(stack, logicalId, logicalId);
    return {
      stack: stack.name,
      logicalId,
      type,
      property: (name: string) => resolve(properties[name], stack, `${logicalId}.${name}`),
    };
  };

  const reference = (stack: Stack, name: string, where: string): unknown => {
    if (name === 'AWS::NoValue') return NO_VALUE;
    if (name === 'AWS::StackName') return stack.name;
    const pseudo = PSEUDO_PARAMETERS[name];
    if (pseudo !== undefined) return pseudo;
    if (name.startsWith('AWS::')) throw unknown(`the pseudo parameter ${name}`, stack, where);
    const parameter = stack.template.Parameters?.[name];
    if (parameter !== undefined) {
      if (parameter.Type !== 'String' || parameter.Default === undefined) {
        throw unknown(`the parameter ${name} (${parameter.Type})`, stack, where);
      }
      return parameter.Default;
    }
    const actual = assignedTo(stack.name, name).ref;
    if (actual !== undefined) return actual;
    const { Type: type } = resourceOf(stack, name, where);
    const naming = PHYSICAL_IDS[type];
    if (naming === undefined) throw unknown(`Ref of a resource of type ${type}`, stack, where);
    return naming.ref(identity(stack, name));
  };

  const attribute = (stack: Stack, logicalId: string, name: string, where: string): unknown => {
    const { Type: type } = resourceOf(stack, logicalId, where);
    const actual = assignedTo(stack.name, logicalId).attributes?.[name];
    if (actual !== undefined) return actual;
    const value = PHYSICAL_IDS[type]?.attributes?.[name];
    if (value === undefined) throw unknown(`the attribute ${name} of ${type}`, stack, where);
    return value(identity(stack, logicalId));
  };

  const condition = (value: unknown, stack: Stack, where: string): boolean => {
    const name = typeof value === 'string' ? value : (value as { Condition?: string } | undefined)?.Condition;
    if (name === undefined) return resolve(value, stack, where) === true;
    const body = stack.template.Conditions?.[name];
    if (body === undefined) throw new Error(`${stack.name}, ${where}: there is no condition "${name}".`);
    return condition(body, stack, `the condition ${name}`);
  };

  const text = (value: unknown, stack: Stack, where: string): string => {
    const resolved = resolve(value, stack, where);
    if (typeof resolved === 'string' || typeof resolved === 'number') return String(resolved);
    throw new Error(`${stack.name}, ${where}: expected text, found ${JSON.stringify(resolved)}.`);
  };

  const list = (value: unknown, stack: Stack, where: string): readonly unknown[] => {
    const resolved = resolve(value, stack, where);
    if (Array.isArray(resolved)) return resolved;
    throw new Error(`${stack.name}, ${where}: expected a list, found ${JSON.stringify(resolved)}.`);
  };

  const substitute = (argument: unknown, stack: Stack, where: string): string => {
    const [template, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [
      string,
      Record<string, unknown>,
    ];
    return template.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return text(variables[name], stack, where);
      const [logicalId, attributeName] = splitAttribute(name);
      return attributeName === undefined
        ? String(reference(stack, logicalId, where))
        : String(attribute(stack, logicalId, attributeName, where));
    });
  };

  type Intrinsic = (argument: unknown, stack: Stack, where: string) => unknown;
  const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
    Ref: (argument, stack, where) => reference(stack, String(argument), where),
    Condition: (argument, stack, where) => condition(String(argument), stack, where),
    'Fn::GetAtt': (argument, stack, where) => {
      const [logicalId, name] = Array.isArray(argument)
        ? (argument as [string, string])
        : splitAttribute(String(argument));
      return attribute(stack, logicalId, String(name), where);
    },
    'Fn::Join': (argument, stack, where) => {
      const [separator, values] = argument as [string, unknown];
      return list(values, stack, where)
        .map((value) => text(value, stack, where))
        .join(separator);
    },
    'Fn::Sub': substitute,
    'Fn::Select': (argument, stack, where) => {
      const [index, values] = argument as [unknown, unknown];
      const selected = list(values, stack, where)[Number(text(index, stack, where))];
      if (selected === undefined) throw new Error(`${stack.name}, ${where}: Fn::Select finds nothing there.`);
      return selected;
    },
    'Fn::Split': (argument, stack, where) => {
      const [separator, value] = argument as [string, unknown];
      return text(value, stack, where).split(separator);
    },
    'Fn::If': (argument, stack, where) => {
      const [name, yes, no] = argument as [string, unknown, unknown];
      return resolve(condition(name, stack, where) ? yes : no, stack, where);
    },
    'Fn::Equals': (argument, stack, where) => {
      const [left, right] = argument as [unknown, unknown];
      return JSON.stringify(resolve(left, stack, where)) === JSON.stringify(resolve(right, stack, where));
    },
    'Fn::Not': (argument, stack, where) => !condition((argument as [unknown])[0], stack, where),
    'Fn::And': (argument, stack, where) => (argument as unknown[]).every((value) => condition(value, stack, where)),
    'Fn::Or': (argument, stack, where) => (argument as unknown[]).some((value) => condition(value, stack, where)),
    'Fn::ImportValue': (argument, stack, where) => {
      const name = text(argument, stack, where);
      const value = exports.get(name);
      if (value === undefined) throw new Error(`${stack.name}, ${where}: no stack exports "${name}".`);
      return value();
    },
  };

  const resolve = (value: unknown, stack: Stack, where: string): unknown => {
    if (Array.isArray(value)) {
      return value.map((item) => resolve(item, stack, where)).filter((item) => item !== NO_VALUE);
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? ['', undefined];
    if (entries.length === 1) {
      const intrinsic = INTRINSICS[name];
      // `Condition` is also a property of IAM statements; there it holds an object, here a name.
      if (intrinsic !== undefined && (name !== 'Condition' || typeof argument === 'string')) {
        return intrinsic(argument, stack, where);
      }
      if (name.startsWith('Fn::')) throw unknown(`the intrinsic function ${name}`, stack, where);
    }
    return Object.fromEntries(
      entries
        .map(([key, item]) => [key, resolve(item, stack, `${where}.${key}`)] as const)
        .filter(([, item]) => item !== NO_VALUE),
    );
  };

  for (const stack of stacks) {
    for (const [id, output] of Object.entries(stack.template.Outputs ?? {})) {
      if (output.Export === undefined) continue;
      const value = () => resolve(output.Value, stack, `output ${id}`);
      exports.set(text(output.Export.Name, stack, `output ${id}`), value);
    }
  }

  return {
    assign: ({ stack, logicalId }, ids) => {
      assigned.set(`${stack}/${logicalId}`, ids);
    },
    resources: (type) =>
      stacks.flatMap((stack) =>
        Object.entries(stack.template.Resources ?? {})
          .filter(([, resource]) => resource.Type === type)
          .filter(([id, { Condition }]) => Condition === undefined || condition(Condition, stack, id))
          .map(([logicalId, { Properties = {} }]) => ({
            stack: stack.name,
            logicalId,
            type,
            ref:
              assignedTo(stack.name, logicalId).ref ?? PHYSICAL_IDS[type]?.ref(identity(stack, logicalId)) ?? logicalId,
            properties: readDynamicReferences(
              resolve(Properties, stack, logicalId),
              readSecret,
              `${stack.name}, ${logicalId}`,
            ) as Record<string, unknown>,
          })),
      ),
  };
};

const unknown = (what: string, stack: Stack, where: string): Error =>
  new Error(`${stack.name}, ${where}: ${what} is not known to the local gateway.`);

/** `Id.Attribute`: an attribute's name may itself hold dots. */
const splitAttribute = (name: string): readonly [logicalId: string, attribute: string | undefined] => {
  const dot = name.indexOf('.');
  return dot < 0 ? [name, undefined] : [name.slice(0, dot), name.slice(dot + 1)];
};

const DYNAMIC_REFERENCE = /\{\{resolve:([^}]*)\}\}/g;

/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
 * `{{resolve:secretsmanager:ID:SecretString:JSON-FIELD:VERSION-STAGE:VERSION-ID}}`
 */
const readDynamicReferences = (value: unknown, readSecret: SecretReader, where: string): unknown => {
  if (typeof value === 'string') {
    return value.replaceAll(DYNAMIC_REFERENCE, (whole, reference: string) => {
      const match = /^secretsmanager:(.+?)(?::SecretString(?::([^:]*)(?::[^:]*){0,2})?)?$/.exec(reference);
      if (match === null)
        throw new Error(`${where}: the dynamic reference ${whole} is not known to the local gateway.`);
      const secret = readSecret(match[1] as string, match[2] || undefined);
      if (secret === undefined) throw new Error(`${where}: there is no value for ${whole}.`);
      return secret;
    });
  }
  if (Array.isArray(value)) return value.map((item) => readDynamicReferences(item, readSecret, where));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, readDynamicReferences(item, readSecret, `${where}.${key}`)]),
  );
};
