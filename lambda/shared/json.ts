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
