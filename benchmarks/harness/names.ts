/** Origin and processor of the measured gateway. */
export const ORIGIN = 'https://callbacks.example.com';
export const PROCESSOR = 'bench-ocr';
