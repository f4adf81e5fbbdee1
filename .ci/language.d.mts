export const commentsOf: (source: string) => readonly { readonly line: number; readonly text: string }[];
export const wordsOfPage: (page: string) => string;
export const isIndirectOpening: (comment: string) => boolean;
export const indirectWordsOf: (text: string) => readonly string[];
export const titlesOf: (source: string) => readonly string[];
