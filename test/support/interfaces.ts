import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A member of an interface, as its source has it. */
export interface Member {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  /** Its doc comment, without the default. Empty where it has none. */
  readonly doc: string;
  /** What `@default` says. */
  readonly byDefault?: string;
}

export interface Interface {
  readonly doc: string;
  /** What it extends, as its source has it. Empty where it extends nothing. */
  readonly parents: string;
  readonly members: readonly Member[];
}

const DOC = String.raw`(?:/\*\*((?:(?!\*/)[\s\S])*)\*/\s*)?`;

/**
 * Reads an interface from a source file in the form that the formatter gives it: members two blanks in, each ending with a
 * semicolon at the end of a line.
 * @throws {Error} if the file has no such interface, or one with something in it that was not understood
 */
export const readInterface = (file: string, name: string): Interface => {
  const found = interfaceIn(sourceOf(file), name);
  if (found === undefined) throw new Error(`${file} has no interface ${name}.`);
  return found;
};

/** The interface of this name in a source, if there is one. */
export const interfaceIn = (source: string, name: string): Interface | undefined => {
  const head = String.raw`(?:export )?interface ${name}\b([^{]*)\{\n`;
  const found = new RegExp(String.raw`^${DOC}${head}([\s\S]*?)^\}$`, 'm').exec(source);
  if (found === null) return undefined;
  const [, doc = '', parents = '', body = ''] = found;
  const member = new RegExp(String.raw`^ {2}${DOC}readonly (\w+)(\??):\s([\s\S]*?);$`, 'gm');
  const rest = body.replaceAll(member, '').trim();
  if (rest !== '') throw new Error(`The interface ${name} has something that is read by nobody: ${rest}`);
  return {
    doc: textOf(doc).text,
    parents: oneLine(parents.replace(/^(<[^>]*>)?\s*(extends\s+)?/, '')),
    members: [...body.matchAll(member)].map(([, comment = '', memberName = '', mark, type = '']) => {
      const { byDefault, text } = textOf(comment);
      return {
        name: memberName,
        optional: mark === '?',
        type: oneLine(type),
        doc: text,
        ...(byDefault !== undefined && { byDefault }),
      };
    }),
  };
};

/** What a name of a type stands for in a source: nothing where it is not there, or stands for what is computed. */
export const aliasIn = (source: string, name: string): string | undefined => {
  const alias = new RegExp(String.raw`^(?:export )?type ${name} =\s+([\s\S]*?);$`, 'm').exec(source)?.[1];
  return alias === undefined ? undefined : oneLine(withValues(source, alias)).replace(/^\| /, '');
};

/** A type in which each list of values, `(typeof USES)[number]`, is written out. */
export const withValues = (source: string, type: string): string =>
  type.replaceAll(/\(typeof (\w+)\)\[number\]/g, (text, list: string) => {
    const values = new RegExp(String.raw`^(?:export )?const ${list} = \[([^\]]*)\] as const`, 'm').exec(source)?.[1];
    return values === undefined ? text : values.split(',').map(oneLine).filter(Boolean).join(' | ');
  });

/** Names of types that a type is made of. */
export const namesIn = (type: string): readonly string[] =>
  [...type.replaceAll(/'[^']*'/g, '').matchAll(/\b[A-Z]\w*/g)].map(([name]) => name);

export const sourceOf = (file: string): string => readFileSync(`${ROOT}${file}`, 'utf8');

const oneLine = (text: string): string => text.trim().replaceAll(/\s+/g, ' ');

const textOf = (comment: string): { readonly text: string; readonly byDefault?: string } => {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const [text = '', byDefault] = lines
    .join('\n')
    .trim()
    .split(/(?:^|\n)@default /);
  return { text: text.trim(), ...(byDefault !== undefined && { byDefault: byDefault.replaceAll('\n', ' ').trim() }) };
};
