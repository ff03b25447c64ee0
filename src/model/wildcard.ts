/** Compiled once per pattern; patterns come from configuration and filters, so their number is bounded in practice. */
const compiled = new Map<string, (text: string) => boolean>();
const compiledCap = 10_000;

/** Whether `text` matches `pattern`, where `*` stands for any run of characters. Linear, without regular expressions. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let match = compiled.get(pattern);
  if (match === undefined) {
    match = compileWildcard(pattern);
    if (compiled.size >= compiledCap) compiled.clear();
    compiled.set(pattern, match);
  }
  return match(text);
}

export function compileWildcard(pattern: string): (text: string) => boolean {
  if (!pattern.includes('*')) return (text) => text === pattern;
  const parts = pattern.split('*');
  const first = parts[0]!;
  const last = parts[parts.length - 1]!;
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (text) => {
    if (text.length < first.length + last.length) return false;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    const end = text.length - last.length;
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

/** Whether every pattern of `matchers` matches the field of its name; a field may have several values. */
export function matchesAll(
  matchers: Readonly<Record<string, string>>,
  field: (name: string) => string | readonly string[] | undefined,
): boolean {
  for (const name of Object.keys(matchers)) {
    const value = field(name) ?? '';
    const pattern = matchers[name]!;
    const matched =
      typeof value === 'string' ? matchesWildcard(pattern, value) : value.some((v) => matchesWildcard(pattern, v));
    if (!matched) return false;
  }
  return true;
}
