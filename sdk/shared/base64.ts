const binaryOf = (bytes: Uint8Array): string => {
  let text = '';
  // One argument for each byte would exceed the limit of a call.
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** Base64 with padding (RFC 4648 §4). */
export const base64 = (bytes: Uint8Array): string => btoa(binaryOf(bytes));

/** Base64url without padding (RFC 7515 §2). */
export const base64url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/**
 * Decodes base64 with padding.
 * @throws if the text is not base64
 */
export const bytesOfBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
