import { sha256 } from './sha256.ts';

/** Bytes, a Blob or File, or a stream, which needs `size` and `sha256` beside it. A Blob of any size may have `sha256`, too. */
export type UploadContent = Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array>;

/** An object that is announced before it is sent. */
export interface UploadObject {
  readonly size: number;
  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  /** False for a stream, which can be read once. */
  readonly isRepeatable: boolean;
  readonly body: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

/** What the caller knows about the content. */
export interface UploadDescription {
  /** Bytes. @default the size of the content */
  readonly size?: number | undefined;
  /** 64 lower-case hex digits. @default computed, for which a Blob is read into memory */
  readonly sha256?: string | undefined;
}

/**
 * Describes the content for the announcement. Bytes are copied, so that each attempt sends the same.
 * @throws {TypeError} if a stream has no description, or the content is something else
 */
export const describeUpload = async (
  content: UploadContent,
  { sha256: digest, size }: UploadDescription,
): Promise<UploadObject> => {
  if (content instanceof ReadableStream) {
    if (size === undefined || digest === undefined) {
      throw new TypeError('The stream has no size and sha256: both are announced before it is read. Give both.');
    }
    return { size, sha256: digest, isRepeatable: false, body: content };
  }
  if (content instanceof Blob) {
    const sum = digest ?? hexOf(await sha256(new Uint8Array(await content.arrayBuffer())));
    return { size: content.size, sha256: sum, isRepeatable: true, body: content };
  }
  if (!(content instanceof ArrayBuffer || ArrayBuffer.isView(content))) {
    throw new TypeError(
      `The content is ${typeof content}; expected bytes, a Blob, a File, or a ReadableStream of bytes.`,
    );
  }
  const body =
    content instanceof ArrayBuffer
      ? new Uint8Array(content.slice(0))
      : new Uint8Array(content.buffer, content.byteOffset, content.byteLength).slice();
  return { size: body.length, sha256: digest ?? hexOf(await sha256(body)), isRepeatable: true, body };
};

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
