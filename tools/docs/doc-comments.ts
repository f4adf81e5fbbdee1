import { readText } from './files.ts';

/** The doc comment of a declaration or of one of its members. */
export interface DocComment {
  readonly text: string;
  /** Text of `@default`. */
  readonly byDefault?: string;
  readonly isDeprecated: boolean;
}

export interface Documented {
  /** Empty if the declaration has no doc comment. */
  readonly about: string;
  readonly members: ReadonlyMap<string, DocComment>;
}

const COMMENT = String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/\s*`;
const MEMBER = new RegExp(String.raw`${COMMENT}(?:readonly )?'?([\w-]+)'?\??[:,]`, 'g');

/**
 * Returns the doc comments of an exported object or interface, by the names of its members.
 * @throws {Error} if the file does not export the name
 */
export const readDocComments = (file: string, name: string): Documented => documentedIn(readText(file), file, name);

/** Returns the same from the text of a file. */
export const documentedIn = (source: string, file: string, name: string): Documented => {
  const declaration = new RegExp(String.raw`^(?:${COMMENT})?export (?:const|interface) ${name}\b`, 'm').exec(source);
  if (declaration === null) throw new Error(`${file} exports no ${name}.`);
  const rest = source.slice(declaration.index + declaration[0].length);
  const body = rest.slice(0, /^(export|\/\*\*) /m.exec(rest)?.index);
  return {
    about: commentOf(declaration[1] ?? '').text,
    members: new Map([...body.matchAll(MEMBER)].map(([, comment = '', member = '']) => [member, commentOf(comment)])),
  };
};

const commentOf = (comment: string): DocComment => {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const [text = '', ...tags] = lines
    .join('\n')
    .trim()
    .split(/(?:^|\n)@/);
  const byDefault = tags.find((tag) => tag.startsWith('default '))?.slice('default '.length);
  return {
    text: text.trim(),
    ...(byDefault !== undefined && { byDefault: byDefault.replaceAll('\n', ' ').trim() }),
    isDeprecated: tags.some((tag) => tag.startsWith('deprecated')),
  };
};
