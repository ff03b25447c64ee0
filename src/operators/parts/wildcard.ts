/** A test for `pattern`, where `*` stands for any run of characters. Linear in the text, without regular expressions. */
export function compileWildcard(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return (text) => text === pattern;
  const first = parts[0]!;
  const last = parts[parts.length - 1]!;
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (text) =>
    text.length >= first.length + last.length &&
    text.startsWith(first) &&
    text.endsWith(last) &&
    containsInOrder(text, middle, first.length, text.length - last.length);
}

export function hasWildcard(pattern: string): boolean {
  return pattern.includes('*');
}

function containsInOrder(text: string, parts: readonly string[], from: number, end: number): boolean {
  let at = from;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
