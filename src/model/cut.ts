const mark = '…';

/** At most `maxChars` UTF-16 units; a longer text is cut at a character and ends with `…`. */
export function cutChars(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  return wholeChars(text, maxChars - mark.length) + mark;
}

/** At most `maxBytes` of UTF-8; a longer text is cut at a character and ends with `…`. */
export function cutBytes(text: string, maxBytes: number): string {
  // Three bytes a unit is the most that UTF-8 needs: short texts are not encoded to be measured.
  if (text.length * 3 <= maxBytes) return text;
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= maxBytes) return text;
  const { read } = encoder.encodeInto(text, new Uint8Array(maxBytes - 3));
  return wholeChars(text, read) + mark;
}

/** The first `length` units, one less where that would split a pair. */
function wholeChars(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
