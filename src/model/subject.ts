/** Whether `pattern` (NATS: `*` one token, `>` one or more at the end) matches the concrete `subject`. */
export function subjectMatches(pattern: string, subject: string): boolean {
  const want = pattern.split('.');
  const have = subject.split('.');
  for (let i = 0; i < want.length; i++) {
    if (want[i] === '>') return have.length > i;
    if (i >= have.length) return false;
    if (want[i] !== '*' && want[i] !== have[i]) return false;
  }
  return want.length === have.length;
}

/** Whether everything that `inner` matches lies inside `outer`. */
export function subjectContains(outer: string, inner: string): boolean {
  const out = outer.split('.');
  const inn = inner.split('.');
  for (let i = 0; i < out.length; i++) {
    if (out[i] === '>') return inn.length > i;
    if (i >= inn.length || inn[i] === '>') return false;
    if (out[i] !== '*' && out[i] !== inn[i]) return false;
  }
  return out.length === inn.length;
}

/** Whether some concrete subject matches both patterns. */
export function subjectsOverlap(a: string, b: string): boolean {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] === '>' || right[i] === '>') return true;
    if (left[i] !== '*' && right[i] !== '*' && left[i] !== right[i]) return false;
  }
  return left.length === right.length;
}

/** Why a subject or pattern is malformed, or `undefined` when it is sound. */
export function subjectProblem(pattern: string, options: { readonly wildcards: boolean }): string | undefined {
  if (pattern.length === 0 || pattern.length > 255) return 'must have 1 to 255 characters';
  if (!/^[\x21-\x7e]+$/.test(pattern)) return 'must have no spaces, control or non-ASCII characters';
  const tokens = pattern.split('.');
  if (tokens.some((token) => token === '')) return 'must have no empty token';
  if (tokens.length > 32) return 'must have at most 32 tokens';
  return options.wildcards ? wildcardProblem(tokens) : plainProblem(tokens);
}

function wildcardProblem(tokens: readonly string[]): string | undefined {
  const tail = tokens.indexOf('>');
  if (tail >= 0 && tail !== tokens.length - 1) return '`>` may only be the last token';
  return undefined;
}

function plainProblem(tokens: readonly string[]): string | undefined {
  return tokens.some((token) => token === '*' || token === '>') ? 'must have no wildcards' : undefined;
}
