// A byte order mark is kept, so that JSON.parse refuses it: nothing may precede the value (RFC 8259 §8.1).
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8 without changing any character.
 * @throws {TypeError} if the bytes are not UTF-8
 */
export const decodeUtf8 = (bytes: Uint8Array): string => utf8.decode(bytes);

/**
 * Parses JSON in UTF-8 (RFC 8259 §8.1).
 * @throws {TypeError} if the bytes are not UTF-8
 * @throws {SyntaxError} if the text is not JSON
 */
export const parseJson = (bytes: Uint8Array): unknown => JSON.parse(decodeUtf8(bytes));

const JSON_TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/**
 * True if an object of a JSON text has a member twice. JSON.parse keeps the last one; another reader may keep the first (RFC
 * 8259 §4).
 */
export const hasRepeatedMember = (validJson: string): boolean => {
  const open: (Set<string> | null)[] = [];
  let nameComes = false;
  for (const [token] of validJson.matchAll(JSON_TOKENS)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null);
      nameComes = token === '{';
    } else if (token === '}' || token === ']') {
      open.pop();
      nameComes = false;
    } else if (token === ',') {
      nameComes = open.at(-1) != null;
    } else if (nameComes) {
      const name = JSON.parse(token) as string;
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
      nameComes = false;
    }
  }
  return false;
};
