const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * Converts a DER `ECDSA-Sig-Value` to r‖s, each `size` bytes (RFC 7518 §3.4).
 * @throws {Error} if the bytes are not such a signature
 */
export const joseFromDer = (der: Uint8Array, size: number): Uint8Array => {
  const out = new Uint8Array(2 * size);
  // P-256 signatures are at most 72 bytes long, so every length is one byte.
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) throw new Error('Not a DER signature.');
  let offset = 2;
  for (const end of [size, 2 * size]) {
    const length = der[offset + 1] ?? 0;
    const integer = der.subarray(offset + 2, offset + 2 + length);
    if (der[offset] !== INTEGER || length === 0 || integer.length !== length) throw new Error('Not a DER signature.');
    // DER adds a leading zero to keep the integer positive. Short integers are padded on the left.
    const magnitude = integer[0] === 0 ? integer.subarray(1) : integer;
    if (magnitude.length > size) throw new Error('Not a DER signature of this size.');
    out.set(magnitude, end - magnitude.length);
    offset += 2 + length;
  }
  if (offset !== der.length) throw new Error('Not a DER signature.');
  return out;
};

/**
 * Converts r‖s, two integers of the same size, to a DER `ECDSA-Sig-Value` (RFC 3279 §2.2.3). OpenSSL verifies DER in little
 * more than half the time of r‖s.
 */
export const derFromJose = (jose: Uint8Array): Uint8Array => {
  const size = jose.length / 2;
  // 8 more bytes: tag, length and sign byte of both integers, tag and length of the whole.
  const der = Buffer.allocUnsafe(jose.length + 8);
  let end = 2;
  for (const start of [0, size]) {
    let first = start;
    while (first < start + size - 1 && jose[first] === 0) first += 1;
    const digits = jose.subarray(first, start + size);
    // A first bit of 1 would make the integer negative.
    const sign = (digits[0] as number) > 0x7f ? 1 : 0;
    der[end] = INTEGER;
    der[end + 1] = sign + digits.length;
    der[end + 2] = 0;
    der.set(digits, end + 2 + sign);
    end += 2 + sign + digits.length;
  }
  der[0] = SEQUENCE;
  der[1] = end - 2;
  return der.subarray(0, end);
};
