// A byte order mark is kept, and then refused by JSON.parse: nothing may stand before the value (RFC 8259 §8.1).
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text that these bytes are in UTF-8, character by character.
 * @throws {TypeError} where they are not UTF-8
 */
export const decodeUtf8 = (bytes: Uint8Array): string => utf8.decode(bytes);

/**
 * The JSON value that these bytes hold in UTF-8 (RFC 8259 §8.1).
 * @throws {TypeError} where they are not UTF-8
 * @throws {SyntaxError} where they are not JSON
 */
export const parseJson = (bytes: Uint8Array): unknown => JSON.parse(decodeUtf8(bytes));
