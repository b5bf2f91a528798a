/** True when a text has no other characters than those of `allowed`. */
export function hasOnly(text: string, allowed: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (allowed.indexOf(text.slice(i, i + 1)) < 0) return false;
  }
  return true;
}
