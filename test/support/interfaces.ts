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
  readonly members: readonly Member[];
}

const DOC = String.raw`(?:/\*\*((?:(?!\*/)[\s\S])*)\*/\s*)?`;

/**
 * Reads an interface from a source file in the form that the formatter gives it: members two blanks in, each ending with a
 * semicolon at the end of a line.
 * @throws {Error} if the file has no such interface
 */
export const readInterface = (file: string, name: string): Interface => {
  const source = readFileSync(`${ROOT}${file}`, 'utf8');
  const found = new RegExp(String.raw`^${DOC}(?:export )?interface ${name}\b[^{]*\{\n([\s\S]*?)^\}$`, 'm').exec(source);
  if (found === null) throw new Error(`${file} has no interface ${name}.`);
  const [, doc = '', body = ''] = found;
  const members = [...body.matchAll(new RegExp(String.raw`^ {2}${DOC}readonly (\w+)(\??): ([\s\S]*?);$`, 'gm'))];
  return {
    doc: textOf(doc).text,
    members: members.map(([, comment = '', member = '', mark, type = '']) => {
      const { byDefault, text } = textOf(comment);
      return {
        name: member,
        optional: mark === '?',
        type: type.replaceAll(/\s+/g, ' '),
        doc: text,
        ...(byDefault !== undefined && { byDefault }),
      };
    }),
  };
};

const textOf = (comment: string): { readonly text: string; readonly byDefault?: string } => {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const [text = '', byDefault] = lines
    .join('\n')
    .trim()
    .split(/(?:^|\n)@default /);
  return { text: text.trim(), ...(byDefault !== undefined && { byDefault: byDefault.replaceAll('\n', ' ').trim() }) };
};
