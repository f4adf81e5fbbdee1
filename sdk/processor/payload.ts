import { JSON_MEDIA_TYPE, mediaTypeOf } from '../../lambda/contract/registry.ts';

/** Bytes, a text that is sent as it is, or any other value, which is sent as JSON. */
export type CallbackPayload = Uint8Array | ArrayBuffer | Blob | string | number | boolean | null | object;

/**
 * Returns the bytes of a payload. They are a copy, so that each attempt sends the same.
 * @throws {TypeError} if the payload has no bytes of this content type
 */
export const payloadBytes = async (payload: CallbackPayload, contentType: string): Promise<Uint8Array<ArrayBuffer>> => {
  if (typeof payload === 'string') return new TextEncoder().encode(payload);
  if (payload instanceof Blob) return new Uint8Array(await payload.arrayBuffer());
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload.slice(0));
  if (ArrayBuffer.isView(payload)) {
    return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength).slice();
  }
  const text: string | undefined = JSON.stringify(payload);
  if (text === undefined) {
    throw new TypeError(`The payload is ${typeof payload}; expected bytes, a Blob, a string, or a value of JSON.`);
  }
  if (!JSON_MEDIA_TYPE.test(mediaTypeOf(contentType))) {
    throw new TypeError(
      `The payload is a value of JSON and its contentType is ${JSON.stringify(contentType)}; expected application/json, ` +
        'or a type that ends in +json. Give bytes or a string for other content types.',
    );
  }
  return new TextEncoder().encode(text);
};
