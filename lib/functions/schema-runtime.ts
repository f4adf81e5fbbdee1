import equalModule from 'ajv/dist/runtime/equal.js';
import ucs2lengthModule from 'ajv/dist/runtime/ucs2length.js';

/** Functions of Ajv that compiled schemas call. They are bundled once, so that a synth needs no bundler. */
export const equal = equalModule.default;
export const ucs2length = ucs2lengthModule.default;
